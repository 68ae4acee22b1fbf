import { type Accessor, createMemo, For, type JSX, Show } from "solid-js";
import { type DepthRow, depthView } from "../state/depth.ts";
import { clockTime, compact, fullTime, number, percent } from "../state/format.ts";
import { bind, useApp } from "./bind.ts";

const LEVELS = 10;

/** What stands in the order book, best prices in the middle. */
export function Depth(props: { decimals: Accessor<number> }): JSX.Element {
  const app = useApp();
  const book = bind(app.detail, () => app.detail.book());
  const view = createMemo(() => {
    const now = book();
    return now === null ? null : depthView(now, LEVELS);
  });
  return (
    <section class="depth" aria-label="Depth" tabindex="0">
      <header class="numbers-head">
        <h2>Depth</h2>
        <Show when={book()} fallback={<span>No order book from this venue</span>}>
          {(now) => (
            <>
              <Show when={now().checksum_ok === false}>
                <span class="warn">Does not add up, being read anew</span>
              </Show>
              <Show when={view()?.bid_share ?? null}>
                {(share) => <span>Bids {percent(share(), 0).replace("+", "")}</span>}
              </Show>
              <time title={fullTime(now().ts_ms)}>as of {clockTime(now().ts_ms)}</time>
            </>
          )}
        </Show>
      </header>
      <Show when={view()}>
        {(now) => (
          <div class="depth-sides">
            <Side name="Bids" side="bid" rows={now().bids} decimals={props.decimals()} />
            <Side name="Asks" side="ask" rows={now().asks} decimals={props.decimals()} />
          </div>
        )}
      </Show>
    </section>
  );
}

function Side(props: { name: string; side: "bid" | "ask"; rows: readonly DepthRow[]; decimals: number }): JSX.Element {
  return (
    <ol class="depth-side" data-side={props.side} aria-label={props.name}>
      <For each={props.rows}>
        {(row) => (
          <li>
            <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
              <rect x={props.side === "bid" ? 100 - row.share * 100 : 0} y="0" width={row.share * 100} height="1" />
            </svg>
            <span class="depth-size">{compact(row.size)}</span>
            <span class="depth-price">{number(row.price, props.decimals)}</span>
          </li>
        )}
      </For>
    </ol>
  );
}
