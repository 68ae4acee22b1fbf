import { For, type JSX, Show } from "solid-js";
import { gapWords } from "../charts/gap-words.ts";
import { ago, clockTime, fullTime, millis, number, seconds } from "../state/format.ts";
import type { TrustView } from "../state/trust.ts";
import { bind, useApp } from "./bind.ts";

const PART_WORDS = {
  starting: "starting",
  live: "live",
  stale: "stale",
  offline: "offline",
  catching_up: "catching up",
  failed: "failed",
  ended: "ended",
} as const;

const GAPS_SHOWN = 8;
const MESSAGES_SHOWN = 8;

/** The whole story behind the trust bar: on a phone a tab, else a sheet below the bar. */
export function TrustPanel(props: { trust: TrustView; open: boolean; onClose: () => void }): JSX.Element {
  const app = useApp();
  const status = bind(app.trust, () => app.trust.status());
  const gaps = bind(app.trust, () => app.trust.gaps());
  const messages = bind(app.trust, () => app.trust.messages());
  const bad = bind(app.badEvents, () => app.badEvents.get());
  const refused = () => Object.entries(status()?.dead_letters ?? {}).filter(([, count]) => count > 0);
  return (
    <section class="panel trust" aria-label="Trust" data-panel="trust" data-open={props.open} tabindex="-1">
      <header class="panel-head">
        <h2>Trust</h2>
        <button type="button" class="icon-button wide-only" aria-label="Close trust" onClick={() => props.onClose()}>
          ✕
        </button>
      </header>
      {/* It scrolls and holds no control, so it must take the focus itself. */}
      <div class="panel-body" tabindex="0">
        <p class="trust-headline" data-state={props.trust.state}>
          <span class="dot" aria-hidden="true" /> <strong>{props.trust.label}</strong> {props.trust.words}
        </p>
        <Show when={props.trust.retryInS !== null}>
          <button type="button" class="button" onClick={() => app.retryNow()}>
            Try now
          </button>
        </Show>
        <For each={props.trust.problems}>{(problem) => <p class="problem">⚠ {problem}</p>}</For>
        <dl class="figures">
          <Figure name="Latency, median" value={millis(props.trust.latency_ms_p50)} />
          <Figure name="Latency, 95 of 100" value={millis(props.trust.latency_ms_p95)} />
          <Figure name="Lag, records waiting" value={number(props.trust.lag)} />
          <Figure
            name="Newest trade"
            value={props.trust.fresh_ms === null ? "–" : `${seconds(props.trust.fresh_ms)} ago`}
          />
          <Figure name="Gaps open, lost" value={`${number(props.trust.gaps_open)}, ${number(props.trust.gaps_lost)}`} />
          <Figure name="Bad prints ignored" value={number(status()?.bad_prints)} />
          <For each={refused()}>
            {([why, count]) => <Figure name={`Refused: ${why.replaceAll("_", " ")}`} value={number(count)} />}
          </For>
          <Show when={bad() > 0}>
            <Figure name="Unreadable events" value={number(bad())} />
          </Show>
        </dl>
        <Show when={(status()?.parts.length ?? 0) > 0}>
          <h3>Parts</h3>
          <ul class="parts">
            <For each={status()?.parts}>
              {(part) => (
                <li data-state={part.state}>
                  <span class="dot" aria-hidden="true" />
                  <span class="part-name">{part.part}</span>
                  <span class="part-state">{PART_WORDS[part.state]}</span>
                  <span class="part-text">{part.text}</span>
                </li>
              )}
            </For>
          </ul>
        </Show>
        <Show when={gaps().length > 0}>
          <h3>Gaps</h3>
          <ul class="lines">
            <For each={[...gaps()].reverse().slice(0, GAPS_SHOWN)}>
              {(gap) => (
                <li>
                  <time title={fullTime(gap.from_ms)}>{clockTime(gap.from_ms)}</time> {gapWords(gap)}, {gap.provider}{" "}
                  {gap.symbol === "*" ? "all symbols" : gap.symbol}
                </li>
              )}
            </For>
          </ul>
        </Show>
        <Show when={messages().length > 0}>
          <h3>Said by the system</h3>
          <ul class="lines">
            <For each={messages().slice(0, MESSAGES_SHOWN)}>
              {(message) => (
                <li>
                  <time title={fullTime(message.ts_ms)}>{clockTime(message.ts_ms)}</time> {message.text}
                </li>
              )}
            </For>
          </ul>
        </Show>
        <Show when={status()}>
          {(now) => (
            <p class="fine">
              Tapebell {now().version}, running since {fullTime(now().started_ms)} (
              {ago(now().ts_ms - now().started_ms)}).
            </p>
          )}
        </Show>
      </div>
    </section>
  );
}

function Figure(props: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}
