import { createEffect, createMemo, createSignal, type JSX, on, onCleanup, onMount, Show } from "solid-js";
import type { Gap } from "../../core/messages/gap.ts";
import { chartColours } from "../charts/colours.ts";
import { makePriceChart, type PriceChart } from "../charts/price-chart.ts";
import { zoneName } from "../state/format.ts";
import { bind, useApp } from "./bind.ts";
import { Readout } from "./Readout.tsx";
import { reducedMotion } from "./tint.ts";

export interface ChartHandle {
  scroll(candles: number): void;
}

/** Nothing that takes less than this is worth a word about loading. */
const LOADING_MS = 300;

export function ChartPanel(props: {
  /** Changes when the colours do. */
  theme: string;
  onAlert: (id: string) => void;
  handle: (handle: ChartHandle) => void;
}): JSX.Element {
  const app = useApp();
  const symbol = bind(app.symbol, () => app.symbol.get());
  const interval = bind(app.interval, () => app.interval.get());
  const history = bind(app.history, () => app.history.get());
  const decimals = bind(app.watch, () => app.watch.row(app.symbol.get() ?? "")?.decimals ?? 2);
  const [hovered, setHovered] = createSignal<number | null>(null);
  const [slow, setSlow] = createSignal(false);
  let box: HTMLDivElement | undefined;
  let chart: PriceChart | undefined;

  onMount(() => {
    if (box === undefined) return;
    const made = makePriceChart(box, {
      colours: chartColours(box),
      onHover: setHovered,
      onNearStart: () => void app.loadOlder(),
      onAlert: (id) => props.onAlert(id),
      reducedMotion,
    });
    chart = made;
    props.handle({ scroll: (candles) => made.scroll(candles) });
    onCleanup(() => made.destroy());
  });

  const series = createMemo(() => {
    const chosen = symbol();
    return chosen === null ? null : app.bars.series(chosen, interval());
  });
  createEffect(
    on([series, decimals], ([shown, places]) => {
      if (shown === null) return;
      chart?.show(shown, interval(), places);
      onCleanup(shown.subscribe(() => chart?.draw()));
    }),
  );
  createEffect(
    on(
      () => props.theme,
      () => {
        if (box !== undefined) chart?.setColours(chartColours(box));
      },
      { defer: true },
    ),
  );
  const gaps = bind(app.trust, () => app.trust.gaps());
  createEffect(() => {
    const chosen = symbol();
    chart?.setGaps(gaps().filter((gap: Gap) => gap.symbol === "*" || gap.symbol === chosen));
  });
  const alertList = bind(app.alerts, () => app.alerts.list());
  createEffect(() => {
    alertList();
    const chosen = symbol();
    chart?.setAlerts(chosen === null ? [] : app.alerts.bySymbol(chosen));
  });
  createEffect(() => {
    setSlow(false);
    if (!history().loading) return;
    const timer = setTimeout(() => setSlow(true), LOADING_MS);
    onCleanup(() => clearTimeout(timer));
  });

  return (
    <section class="panel chart" aria-label="Chart" data-panel="chart">
      <div class="chart-box" ref={box} />
      <Show when={series()}>
        {(shown) => <Readout series={shown()} interval={interval()} decimals={decimals()} hovered={hovered()} />}
      </Show>
      <Show when={history().problem ?? (slow() ? "Loading candles…" : null)}>
        {(words) => (
          <p class="chart-note" role="status">
            {words()}
          </p>
        )}
      </Show>
      <footer class="chart-foot">
        <span>{zoneName(app.now())}</span>
        <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">
          Lightweight Charts™ by TradingView
        </a>
      </footer>
    </section>
  );
}
