import { createMemo, createResource, createSignal, For, type JSX, Show } from "solid-js";
import type { Alert } from "../../core/messages/alert.ts";
import { plot } from "../charts/lines.ts";
import { evidenceRows, knownPoints, limitPrices } from "../state/evidence-rows.ts";
import { ago, clockTime, compact, fullTime, number, percent, seconds } from "../state/format.ts";
import { alertSize, alertSymbol } from "./AlertCard.tsx";
import { bind, useApp } from "./bind.ts";
import { Dialog } from "./Dialog.tsx";

const BOX = { width: 480, height: 160 } as const;
/** Shown before the move began and after its last statement. */
const AROUND_MS = 30_000;
const MEMBERS_SHOWN = 20;

/** Why did this fire: the window, the limit, the trades beyond it, and every number that was used. */
export function EvidenceDrawer(props: { id: string; onClose: () => void }): JSX.Element {
  const app = useApp();
  const alert = createMemo(() => bind(app.alerts, () => app.alerts.get(props.id)));
  return (
    <Show when={alert()()}>
      {(one) => (
        <Dialog name={`Evidence: ${alertSymbol(one())} ${alertSize(one())}`} class="drawer" onClose={props.onClose}>
          <Body alert={one()} />
        </Dialog>
      )}
    </Show>
  );
}

function Body(props: { alert: Alert }): JSX.Element {
  const app = useApp();
  const [copied, setCopied] = createSignal<string | null>(null);
  const evidence = () => props.alert.evidence;
  const decimals = () => app.watch.row(props.alert.symbol)?.decimals ?? 2;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(JSON.stringify(props.alert, null, 2));
      setCopied("Copied.");
    } catch {
      setCopied("The browser refused the clipboard.");
    }
  };
  return (
    <div class="evidence">
      <p class="alert-title">{props.alert.title}</p>
      <p class="fine">
        {fullTime(props.alert.start_ms)}, {props.alert.severity}, {props.alert.state}, statement {props.alert.revision}
      </p>
      <p>{props.alert.summary}</p>
      <MiniChart alert={props.alert} />
      <Show
        when={(evidence().headlines ?? []).length > 0}
        fallback={
          <Show when={props.alert.headline}>{(text) => <p class="alert-headline">Nearest headline: {text()}</p>}</Show>
        }
      >
        <h3>Headlines beside it</h3>
        <ul class="lines">
          <For each={evidence().headlines}>
            {(headline) => (
              <li>
                {headline.title}{" "}
                <span class="fine">
                  {headline.source},{" "}
                  {headline.age_s < 0 ? `${seconds(-headline.age_s * 1_000)} later` : ago(headline.age_s * 1_000)}
                </span>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <dl class="figures">
        <For each={evidenceRows(props.alert, decimals())}>
          {([name, value]) => (
            <div>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          )}
        </For>
      </dl>
      <Show when={evidence().crossing.length > 0}>
        <h3>Trades beyond the limit</h3>
        <table class="trades">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Price</th>
              <th scope="col">Size</th>
            </tr>
          </thead>
          <tbody>
            <For each={evidence().crossing}>
              {(trade) => (
                <tr>
                  <td>{clockTime(trade.ts_ms)}</td>
                  <td>{number(trade.price, decimals())}</td>
                  <td>{compact(trade.size)}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </Show>
      <Show when={(evidence().members ?? []).length > 0}>
        <h3>Symbols that moved together</h3>
        <table class="trades">
          <thead>
            <tr>
              <th scope="col">Symbol</th>
              <th scope="col">Move</th>
              <th scope="col">Time</th>
            </tr>
          </thead>
          <tbody>
            <For each={evidence().members?.slice(0, MEMBERS_SHOWN)}>
              {(member) => (
                <tr>
                  <td>{member.symbol}</td>
                  <td>{percent(member.ret)}</td>
                  <td>{clockTime(member.time_ms)}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </Show>
      <p class="evidence-foot">
        <button type="button" class="button" onClick={() => void copy()}>
          Copy as JSON
        </button>
        <a class="link" href={`/api/alerts/${encodeURIComponent(props.alert.id)}`} target="_blank" rel="noopener">
          Raw record
        </a>
        <span role="status">{copied()}</span>
      </p>
    </div>
  );
}

/** The price through the window; where seconds are no longer kept, through the points the evidence holds. */
function MiniChart(props: { alert: Alert }): JSX.Element {
  const app = useApp();
  const [closes] = createResource(
    () => (props.alert.symbol === "*" ? null : props.alert),
    (alert) => app.secondsAround(alert.symbol, alert.start_ms - AROUND_MS, alert.updated_ms + AROUND_MS),
  );
  const levels = () => limitPrices(props.alert);
  const drawing = createMemo(() => {
    const known = knownPoints(props.alert);
    const loaded = closes.latest ?? [];
    return plot(loaded.length > known.length ? loaded : known, levels(), BOX.width, BOX.height);
  });
  return (
    <Show when={drawing()}>
      {(shown) => (
        <figure class="plot">
          <svg
            viewBox={`0 0 ${BOX.width} ${BOX.height}`}
            role="img"
            aria-label="Price through the window that was judged"
          >
            <For each={levels()}>
              {(level) => <line class="plot-limit" x1="0" x2={BOX.width} y1={shown().y(level)} y2={shown().y(level)} />}
            </For>
            <path class="plot-line" d={shown().path} />
            <For each={props.alert.evidence.crossing}>
              {(trade) => <circle class="plot-trade" cx={shown().x(trade.ts_ms)} cy={shown().y(trade.price)} r="3" />}
            </For>
          </svg>
          <figcaption class="fine">Price through the window; dashed: the limit; dots: trades beyond it</figcaption>
        </figure>
      )}
    </Show>
  );
}
