import { createMemo, type JSX, Show } from "solid-js";
import type { Series, ShownBar } from "../state/bars.ts";
import { ARROW, clockTime, compact, dayOf, direction, number, percent, splitSymbol } from "../state/format.ts";
import { bind } from "./bind.ts";

/** The candle under the crosshair, else the newest, in figures. */
export function Readout(props: {
  series: Series;
  interval: string;
  decimals: number;
  hovered: number | null;
}): JSX.Element {
  const shown = createMemo(() => bind(props.series, () => props.series.rows().at(-1)));
  const row = createMemo((): ShownBar | undefined => {
    const newest = shown()();
    return props.hovered === null ? newest : props.series.at(props.hovered);
  });
  return (
    <>
      <Show when={row() === undefined ? props.hovered : null}>
        {(start) => (
          <div class="readout" data-start={start()} data-empty>
            <p class="readout-head">
              <When start={start()} /> <span>no trades</span>
            </p>
          </div>
        )}
      </Show>
      <Show when={row()}>
        {(one) => {
          const bar = () => one().bar;
          const change = () => bar().close / bar().open - 1;
          const way = () => direction(change());
          const price = (value: number): string => number(value, props.decimals);
          return (
            <div class="readout" data-way={way()} data-start={bar().start_ts_ms} data-final={bar().final}>
              <p class="readout-head">
                <strong>{bar().symbol}</strong> <span>{props.interval}</span> <When start={bar().start_ts_ms} />
                <Show when={!bar().final}>
                  <span class="tag">forming</span>
                </Show>
                <Show when={bar().partial}>
                  <span class="tag" data-warn title="Something that belongs into this candle is missing.">
                    partial
                  </span>
                </Show>
                <Show when={bar().final && bar().revision > 0}>
                  <span class="tag" title={revisionWords(one(), price)}>
                    revised {bar().revision}×
                  </span>
                </Show>
              </p>
              <dl class="readout-figures">
                <Figure name="O" value={price(bar().open)} />
                <Figure name="H" value={price(bar().high)} />
                <Figure name="L" value={price(bar().low)} />
                <Figure name="C" value={price(bar().close)} />
                <div class="readout-change">
                  <dt class="hidden">Change</dt>
                  <dd>
                    {ARROW[way()]} {percent(change())}
                  </dd>
                </div>
                <Figure name="Vol" value={`${compact(bar().volume)} ${splitSymbol(bar().symbol)[0]}`} />
                <div class="readout-trades">
                  <dt>Trades</dt>
                  <dd>{number(bar().trade_count)}</dd>
                </div>
              </dl>
              <Show when={one().was}>
                <p class="readout-was">Corrected by a late trade: {revisionWords(one(), price)}</p>
              </Show>
            </div>
          );
        }}
      </Show>
    </>
  );
}

function When(props: { start: number }): JSX.Element {
  return (
    <time>
      {dayOf(props.start)} {clockTime(props.start)}
    </time>
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

function revisionWords({ bar, was }: ShownBar, price: (value: number) => string): string {
  if (was === null) return "Late trades corrected this candle after it was final.";
  const changes = (["open", "high", "low", "close"] as const)
    .filter((field) => was[field] !== bar[field])
    .map((field) => `${field} ${price(was[field])} → ${price(bar[field])}`);
  if (was.trade_count !== bar.trade_count)
    changes.push(`trades ${number(was.trade_count)} → ${number(bar.trade_count)}`);
  if (was.partial && !bar.partial) changes.push("complete again");
  return changes.length === 0 ? "volume or timing changed" : changes.join(", ");
}
