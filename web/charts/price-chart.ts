import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type ISeriesApi,
  LineStyle,
  type SeriesMarker,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Alert } from "../../core/messages/alert.ts";
import { intervalMs } from "../../core/messages/bar.ts";
import type { Gap } from "../../core/messages/gap.ts";
import type { Series } from "../state/bars.ts";
import { clockMinute, clockTime, dayOf, fullTime, monthOf, number, percent, yearOf } from "../state/format.ts";
import { type Slot, slots, updates } from "./candles.ts";
import type { ChartColours } from "./colours.ts";
import { Marks } from "./marks.ts";

export interface PriceChartOptions {
  readonly colours: ChartColours;
  /** Start of the candle under the crosshair, or null. */
  readonly onHover: (start_ts_ms: number | null) => void;
  /** Less than a screen of candles is left before the oldest one. */
  readonly onNearStart: () => void;
  readonly onAlert: (id: string) => void;
  readonly reducedMotion: () => boolean;
}

export interface PriceChart {
  /** Shows another series; the view goes to its newest candle. */
  show(series: Series, interval: string, decimals: number): void;
  /** Takes over what changed since the last draw. */
  draw(): void;
  setGaps(gaps: readonly Gap[]): void;
  setAlerts(alerts: readonly Alert[]): void;
  setColours(colours: ChartColours): void;
  /** Positive: towards now. */
  scroll(candles: number): void;
  toNow(): void;
  destroy(): void;
}

const seconds = (ms: number): UTCTimestamp => (ms / 1_000) as UTCTimestamp;
const BAR_SPACING = 8;
/** Empty places to the right of the newest candle. */
const RIGHT_OFFSET = 6;
/** Under this height a chart is a phone's. */
const LOW_PX = 380;

export function makePriceChart(container: HTMLElement, options: PriceChartOptions): PriceChart {
  let colours = options.colours;
  let series: Series | null = null;
  let reader: ReturnType<Series["reader"]> | null = null;
  let stepMs = 60_000;
  let decimals = 2;
  let gaps: readonly Gap[] = [];
  let alerts: readonly Alert[] = [];
  let shown = new Set<number>();
  let lastMs: number | null = null;
  let fresh = true;
  let scrollBy = 0;

  const chart = createChart(container, { autoSize: true, ...look(colours) });
  chart.applyOptions({
    crosshair: { mode: CrosshairMode.Normal },
    handleScroll: { vertTouchDrag: false },
    timeScale: {
      timeVisible: true,
      secondsVisible: true,
      rightOffset: RIGHT_OFFSET,
      barSpacing: BAR_SPACING,
      minBarSpacing: 1,
      tickMarkFormatter: tick,
    },
    localization: { timeFormatter: (time: Time) => fullTime(Number(time) * 1_000) },
    // Room for the readout, which lies over the top of the chart.
    rightPriceScale: { scaleMargins: { top: container.clientHeight < LOW_PX ? 0.26 : 0.14, bottom: 0.24 } },
  });
  const candles = chart.addSeries(CandlestickSeries, { priceLineStyle: LineStyle.Dotted, priceLineWidth: 1 });
  paint(candles, colours);
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  const marks = new Marks({
    rows: () => series?.rows() ?? [],
    gaps: () => gaps,
    stepMs: () => stepMs,
    colours: () => colours,
  });
  candles.attachPrimitive(marks);
  const markers = createSeriesMarkers<Time>(candles, []);

  const candle = ({ start_ts_ms, row }: Slot) => {
    const time = seconds(start_ts_ms);
    if (row === null) return { time };
    const { open, high, low, close, partial } = row.bar;
    const hollow = partial ? { color: "transparent", borderColor: "transparent" } : {};
    return { time, open, high, low, close, ...hollow };
  };
  const column = ({ start_ts_ms, row }: Slot) => {
    const time = seconds(start_ts_ms);
    if (row === null) return { time };
    const { open, close } = row.bar;
    return { time, value: row.bar.volume, color: close >= open ? colours.upVolume : colours.downVolume };
  };

  const drawAll = (): void => {
    const all = slots(series?.rows() ?? [], stepMs);
    candles.setData(all.map(candle));
    volume.setData(all.map(column));
    shown = new Set(all.map((slot) => slot.start_ts_ms));
    lastMs = all.at(-1)?.start_ts_ms ?? null;
    if (fresh && all.length > 0) {
      fresh = false;
      chart.timeScale().applyOptions({ barSpacing: BAR_SPACING });
      chart.timeScale().scrollToRealTime();
    }
  };

  const draw = (): void => {
    const change = reader?.take() ?? [];
    if (change !== "all" && change.length === 0) return;
    const steps =
      change === "all" || series === null
        ? null
        : updates(change, series.at, { lastMs, has: (start) => shown.has(start) }, stepMs);
    if (steps === null) drawAll();
    else {
      for (const { slot, historical } of steps) {
        candles.update(candle(slot), historical);
        volume.update(column(slot), historical);
        shown.add(slot.start_ts_ms);
        if (!historical) lastMs = slot.start_ts_ms;
      }
    }
    marks.redraw();
  };

  const drawMarkers = (): void => {
    markers.setMarkers(
      alerts.map((alert) => marker(alert, stepMs, colours)).sort((a, b) => Number(a.time) - Number(b.time)),
    );
  };

  chart.subscribeCrosshairMove(({ time }) => options.onHover(time === undefined ? null : Number(time) * 1_000));
  chart.subscribeClick(({ hoveredObjectId }) => {
    if (typeof hoveredObjectId === "string") options.onAlert(hoveredObjectId);
  });
  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    if (range !== null && range.from < (range.to - range.from) / 2) options.onNearStart();
  });

  return {
    show(next, interval, places) {
      reader?.close();
      series = next;
      reader = next.reader();
      stepMs = intervalMs(interval) ?? stepMs;
      decimals = places;
      fresh = true;
      candles.applyOptions({
        priceFormat: {
          type: "custom",
          minMove: 10 ** -decimals,
          formatter: (price: number) => number(price, decimals),
        },
      });
      chart.timeScale().applyOptions({ timeVisible: stepMs < 86_400_000, secondsVisible: stepMs < 60_000 });
      draw();
      drawMarkers();
    },
    draw,
    setGaps(next) {
      gaps = next;
      marks.redraw();
    },
    setAlerts(next) {
      alerts = next;
      drawMarkers();
    },
    setColours(next) {
      colours = next;
      chart.applyOptions(look(colours));
      paint(candles, colours);
      drawAll();
      drawMarkers();
    },
    scroll(by) {
      // The library's position moves with its next frame: steps taken before that add up here.
      if (scrollBy === 0) {
        requestAnimationFrame(() => {
          const scale = chart.timeScale();
          scale.scrollToPosition(Math.min(RIGHT_OFFSET, scale.scrollPosition() + scrollBy), false);
          scrollBy = 0;
        });
      }
      scrollBy += by;
    },
    toNow() {
      if (options.reducedMotion()) chart.timeScale().scrollToPosition(RIGHT_OFFSET, false);
      else chart.timeScale().scrollToRealTime();
    },
    destroy() {
      reader?.close();
      chart.remove();
    },
  };
}

function paint(candles: ISeriesApi<"Candlestick", Time>, colours: ChartColours): void {
  candles.applyOptions({
    upColor: colours.up,
    downColor: colours.down,
    borderUpColor: colours.up,
    borderDownColor: colours.down,
    wickUpColor: colours.up,
    wickDownColor: colours.down,
  });
}

function look(colours: ChartColours) {
  return {
    layout: {
      background: { type: ColorType.Solid as const, color: colours.ground },
      textColor: colours.text,
      fontFamily: colours.font,
      fontSize: 11,
      // The library would add an inline style for its logo, which the page's policy forbids: the credit is in the page.
      attributionLogo: false,
    },
    grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
    rightPriceScale: { borderColor: colours.line },
    timeScale: { borderColor: colours.line },
  };
}

function tick(time: Time, type: TickMarkType): string {
  const ms = Number(time) * 1_000;
  switch (type) {
    case TickMarkType.Year:
      return yearOf(ms);
    case TickMarkType.Month:
      return monthOf(ms);
    case TickMarkType.DayOfMonth:
      return dayOf(ms);
    case TickMarkType.Time:
      return clockMinute(ms);
    case TickMarkType.TimeWithSeconds:
      return clockTime(ms);
  }
}

function marker(alert: Alert, stepMs: number, colours: ChartColours): SeriesMarker<Time> {
  const time = seconds(Math.floor(alert.start_ms / stepMs) * stepMs);
  const size = alert.severity === "critical" ? 2 : alert.severity === "alert" ? 1.5 : 1;
  const text = alert.ret === null ? "" : percent(alert.ret, 1);
  if (alert.direction === "up") {
    return { id: alert.id, time, position: "belowBar", shape: "arrowUp", color: colours.up, size, text };
  }
  if (alert.direction === "down") {
    return { id: alert.id, time, position: "aboveBar", shape: "arrowDown", color: colours.down, size, text };
  }
  return { id: alert.id, time, position: "aboveBar", shape: "circle", color: colours.accent, size, text };
}
