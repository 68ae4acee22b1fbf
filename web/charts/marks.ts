import type {
  IChartApiBase,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  PrimitivePaneViewZOrder,
  SeriesAttachedParameter,
  Time,
  UTCTimestamp,
} from "lightweight-charts";
import type { Gap } from "../../core/messages/gap.ts";
import type { ShownBar } from "../state/bars.ts";
import { within } from "./candles.ts";
import type { ChartColours } from "./colours.ts";
import { gapWords } from "./gap-words.ts";

export interface MarksSource {
  rows(): readonly ShownBar[];
  gaps(): readonly Gap[];
  stepMs(): number;
  colours(): ChartColours;
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];
type Scope = Parameters<Parameters<Target["useBitmapCoordinateSpace"]>[0]>[0];

/**
 * What a candle alone cannot say: a dashed outline where something is missing, a dot where a late trade corrected it,
 * and a shaded column where nothing was heard.
 */
export class Marks implements ISeriesPrimitive<Time> {
  readonly #source: MarksSource;
  #chart: IChartApiBase<Time> | null = null;
  #series: ISeriesApi<"Candlestick", Time> | null = null;
  #requestUpdate: () => void = () => {};
  readonly #views: readonly IPrimitivePaneView[];

  constructor(source: MarksSource) {
    this.#source = source;
    this.#views = [
      view("bottom", (scope) => this.#drawGaps(scope)),
      view("normal", (scope) => this.#drawCandles(scope)),
    ];
  }

  attached({ chart, series, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#chart = chart;
    this.#series = series as ISeriesApi<"Candlestick", Time>;
    this.#requestUpdate = requestUpdate;
  }
  detached(): void {
    this.#chart = null;
    this.#series = null;
  }
  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }
  redraw(): void {
    this.#requestUpdate();
  }

  #spacing(): number {
    return this.#chart?.timeScale().options().barSpacing ?? 6;
  }

  #drawGaps({ context, bitmapSize, horizontalPixelRatio: ratioX, verticalPixelRatio: ratioY }: Scope): void {
    const scale = this.#chart?.timeScale();
    if (scale === undefined) return;
    const colours = this.#source.colours();
    const step = this.#source.stepMs();
    const indexOf = (ms: number): number | null =>
      scale.timeToIndex((Math.floor(ms / step) * (step / 1_000)) as UTCTimestamp, true);
    for (const gap of this.#source.gaps()) {
      const from = indexOf(gap.from_ms);
      const to = indexOf(Math.max(gap.from_ms, gap.to_ms - 1));
      if (from === null || to === null) continue;
      const half = this.#spacing() / 2;
      const left = scale.logicalToCoordinate(from as never);
      const right = scale.logicalToCoordinate(to as never);
      if (left === null || right === null) continue;
      const x = Math.round((left - half) * ratioX);
      const width = Math.max(2, Math.round((right - left + 2 * half) * ratioX));
      if (x + width < 0 || x > bitmapSize.width) continue;
      context.fillStyle = colours.gap;
      context.fillRect(x, 0, width, bitmapSize.height);
      context.fillStyle = colours.text;
      context.font = `${Math.round(11 * ratioY)}px ${colours.font}`;
      context.textAlign = "left";
      context.fillText(gapWords(gap), x + 4 * ratioX, bitmapSize.height * 0.8);
    }
  }

  #drawCandles({ context, horizontalPixelRatio: ratioX, verticalPixelRatio: ratioY }: Scope): void {
    const chart = this.#chart;
    const series = this.#series;
    const range = chart?.timeScale().getVisibleRange() ?? null;
    if (chart === null || series === null || range === null) return;
    const scale = chart.timeScale();
    const colours = this.#source.colours();
    const width = Math.max(3, this.#spacing() * 0.72);
    const rows = within(this.#source.rows(), Number(range.from) * 1_000, Number(range.to) * 1_000);
    for (const { bar } of rows) {
      const revised = bar.final && bar.revision > 0;
      if (!bar.partial && !revised) continue;
      const x = scale.timeToCoordinate((bar.start_ts_ms / 1_000) as UTCTimestamp);
      const high = series.priceToCoordinate(bar.high);
      const top = series.priceToCoordinate(Math.max(bar.open, bar.close));
      const bottom = series.priceToCoordinate(Math.min(bar.open, bar.close));
      if (x === null || high === null || top === null || bottom === null) continue;
      if (bar.partial) {
        const colour = bar.close >= bar.open ? colours.up : colours.down;
        context.strokeStyle = colour;
        context.lineWidth = Math.max(1, Math.round(ratioX));
        context.setLineDash([2 * ratioY, 2 * ratioY]);
        const height = Math.max(2, bottom - top);
        context.strokeRect((x - width / 2) * ratioX, top * ratioY, width * ratioX, height * ratioY);
        context.setLineDash([]);
      }
      if (revised) {
        context.fillStyle = colours.accent;
        context.beginPath();
        context.arc(x * ratioX, (high - 6) * ratioY, 2.2 * ratioX, 0, 2 * Math.PI);
        context.fill();
      }
    }
  }
}

function view(order: PrimitivePaneViewZOrder, draw: (scope: Scope) => void): IPrimitivePaneView {
  return { zOrder: () => order, renderer: () => ({ draw: (target) => target.useBitmapCoordinateSpace(draw) }) };
}
