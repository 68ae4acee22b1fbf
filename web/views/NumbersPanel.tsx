import { type Accessor, createMemo, For, type JSX, Show } from "solid-js";
import { sparkPath } from "../charts/lines.ts";
import { FEATURE_NAMES, type FeatureName } from "../state/detail.ts";
import { clockTime, compact, fullTime, millis, number, percent } from "../state/format.ts";
import { signalWords } from "../state/signal-words.ts";
import { bind, useApp } from "./bind.ts";
import { Depth } from "./Depth.tsx";

const SPARK = { width: 56, height: 16 } as const;

type Shown = (value: number | null, decimals: number) => string;
const price: Shown = (value, decimals) => number(value, decimals);

/** How each of the eleven is called and written. */
const FEATURES: Record<FeatureName, { readonly name: string; readonly title: string; readonly show: Shown }> = {
  mid: { name: "Mid", title: "Halfway between the best bid and the best ask", show: price },
  spread_abs: { name: "Spread", title: "Best ask less best bid", show: price },
  spread_bps: {
    name: "Spread, bps",
    title: "The spread in hundredths of a percent of the mid price",
    show: (value) => number(value, 2),
  },
  return_10s: { name: "Return 10 s", title: "Change of the trade price over 10 s", show: (value) => percent(value, 3) },
  realized_vol_60s: {
    name: "Volatility 60 s",
    title: "Standard deviation of returns from trade to trade, over 60 s",
    show: (value) => percent(value, 4).replace("+", ""),
  },
  trade_vwap_10s: { name: "VWAP 10 s", title: "Mean trade price by volume, 10 s", show: price },
  trade_vwap_60s: { name: "VWAP 60 s", title: "Mean trade price by volume, 60 s", show: price },
  trade_count_10s: { name: "Trades 10 s", title: "Trades in the last 10 s", show: (value) => number(value) },
  trade_volume_10s: { name: "Volume 10 s", title: "Traded in the last 10 s", show: (value) => compact(value) },
  latency_ms_p50: { name: "Latency, median", title: "From the venue's clock to ours", show: (value) => millis(value) },
  latency_ms_p95: {
    name: "Latency, 95 of 100",
    title: "95 of 100 records were no later than this",
    show: (value) => millis(value),
  },
};

/** The chosen symbol in figures: below the chart, on a phone a tab. */
export function NumbersPanel(): JSX.Element {
  const app = useApp();
  const decimals = bind(app.watch, () => app.watch.row(app.symbol.get() ?? "")?.decimals ?? 2);
  const features = bind(app.detail, () => app.detail.features());
  const signals = bind(app.detail, () => app.detail.signals());
  return (
    <section class="panel numbers" aria-label="Numbers" data-panel="numbers" tabindex="-1">
      {/* It scrolls and holds no control, so it must take the focus itself. */}
      <section class="features" aria-label="Features" tabindex="0">
        <header class="numbers-head">
          <h2>Features</h2>
          <Show when={features()} fallback={<span>No trade or quote heard yet</span>}>
            {(now) => <time title={fullTime(now().ts_ms)}>as of {clockTime(now().ts_ms)}</time>}
          </Show>
        </header>
        <dl class="feature-rows">
          <For each={FEATURE_NAMES}>{(name) => <Row name={name} decimals={decimals} />}</For>
        </dl>
        <Show when={signals().length > 0}>
          <h3 class="numbers-sub">Signals</h3>
          <ul class="lines signals">
            <For each={signals()}>
              {(signal) => (
                <li data-way={signal.value > 0 ? "up" : signal.value < 0 ? "down" : "flat"}>
                  <time title={fullTime(Date.parse(signal.ts))}>{clockTime(Date.parse(signal.ts))}</time>
                  {signalWords(signal)}
                </li>
              )}
            </For>
          </ul>
        </Show>
      </section>
      <Depth decimals={decimals} />
    </section>
  );
}

function Row(props: { name: FeatureName; decimals: Accessor<number> }): JSX.Element {
  const app = useApp();
  const value = bind(app.detail, () => app.detail.features()?.[props.name] ?? null);
  const trace = bind(app.detail, () => app.detail.trace(props.name));
  const path = createMemo(() => sparkPath(trace(), SPARK.width, SPARK.height));
  return (
    <div data-feature={props.name} title={FEATURES[props.name].title}>
      <dt>{FEATURES[props.name].name}</dt>
      <dd>
        <svg
          class="spark"
          viewBox={`0 -2 ${SPARK.width} ${SPARK.height + 4}`}
          width={SPARK.width}
          height={SPARK.height}
          aria-hidden="true"
        >
          <path d={path()} />
        </svg>
        <span>{FEATURES[props.name].show(value(), props.decimals())}</span>
      </dd>
    </div>
  );
}
