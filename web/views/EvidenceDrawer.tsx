import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { plot } from "../charts/lines.ts";
import type { AlertRecord } from "../state/alert-record.ts";
import { evidenceRows } from "../state/evidence-rows.ts";
import { clockTime, compact, fullTime, number } from "../state/format.ts";
import { alertSize, alertSymbol, headlineText } from "./AlertCard.tsx";
import { bind, useApp } from "./bind.ts";
import { Dialog } from "./Dialog.tsx";

const BOX = { width: 480, height: 160 } as const;
const TRADES_SHOWN = 12;

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

function Body(props: { alert: AlertRecord }): JSX.Element {
  const app = useApp();
  const [copied, setCopied] = createSignal<string | null>(null);
  const decimals = () => app.watch.row(props.alert.symbol)?.decimals ?? 2;
  const evidence = () => props.alert.evidence ?? null;
  const drawing = createMemo(() => {
    const points = evidence()?.prices;
    return points === undefined ? null : plot(points, evidence()?.thresholds ?? [], BOX.width, BOX.height);
  });
  /** Without a recorded window the candles the page has must do. */
  const fallback = createMemo(() => {
    if (drawing() !== null || props.alert.symbol === "*") return null;
    const rows = app.bars.series(props.alert.symbol, "1m").rows();
    const points = rows
      .filter(({ bar }) => Math.abs(bar.start_ts_ms - props.alert.start_ms) <= 15 * 60_000)
      .map(({ bar }) => [bar.start_ts_ms, bar.close] as const);
    return plot(points, [], BOX.width, BOX.height);
  });
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
      <Show when={props.alert.summary}>{(summary) => <p>{summary()}</p>}</Show>
      <Show when={drawing() ?? fallback()}>
        {(shown) => (
          <figure class="plot">
            <svg
              viewBox={`0 0 ${BOX.width} ${BOX.height}`}
              role="img"
              aria-label="Price over the window that was judged"
            >
              <For each={drawing() === null ? [] : (evidence()?.thresholds ?? [])}>
                {(level) => (
                  <line class="plot-limit" x1="0" x2={BOX.width} y1={shown().y(level)} y2={shown().y(level)} />
                )}
              </For>
              <path class="plot-line" d={shown().path} />
              <For each={drawing() === null ? [] : (evidence()?.trades ?? [])}>
                {(trade) => <circle class="plot-trade" cx={shown().x(trade.ts_ms)} cy={shown().y(trade.price)} r="3" />}
              </For>
            </svg>
            <figcaption class="fine">
              {drawing() === null
                ? "1 m closes around it"
                : "Prices of the window; dashed: the limit; dots: trades beyond it"}
            </figcaption>
          </figure>
        )}
      </Show>
      <Show when={headlineText(props.alert)}>{(text) => <p class="alert-headline">Nearest headline: {text()}</p>}</Show>
      <dl class="figures">
        <For each={evidenceRows(props.alert)}>
          {([name, value]) => (
            <div>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          )}
        </For>
      </dl>
      <Show when={(evidence()?.trades?.length ?? 0) > 0}>
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
            <For each={evidence()?.trades?.slice(0, TRADES_SHOWN)}>
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
