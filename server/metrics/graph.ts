import { Counter, Histogram } from "prom-client";
import {
  Bar,
  type GraphFigures,
  intervalMs,
  PROCESSING_BUCKETS_MS,
  Signal,
  UPDATE_BUCKETS_SEC,
} from "../../core/messages/index.ts";
import type { CacheEvent } from "../cache/events.ts";
import type { Registers, Watched } from "./registers.ts";
import { toldHistogram } from "./told.ts";

/** Beyond these a symbol's figures go under one name: who scrapes keeps a series for each. */
const SYMBOLS_NAMED = 100;
const OTHER = "other";

/** Of a micro-batch: from its end until it is published. */
const WINDOW_BUCKETS_MS = [50, 100, 250, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000];

const FinalBar = Bar.pick({ final: true, revision: true, trade_count: true, end_ts_ms: true, ingest_ts_ms: true });
const Directed = Signal.pick({ direction: true });

/** Features, signals and micro-batches, under the names of the systems they come from. */
export function graphMetrics(registers: Registers, { cache, microBatchMs = null }: Watched): () => void {
  const named = new Set<string>();
  const label = (symbol: string): string => {
    if (named.size < SYMBOLS_NAMED) named.add(symbol);
    return named.has(symbol) ? symbol : OTHER;
  };
  const features = new Counter({
    name: "senpai_feature_publish_total",
    help: "Feature vectors published, by symbol",
    labelNames: ["symbol"],
    registers,
  });
  const signals = new Counter({
    name: "senpai_signals_emitted_total",
    help: "Long and short signals, by symbol and direction",
    labelNames: ["symbol", "direction"],
    registers,
  });
  const flushes = new Counter({
    name: "microbatch_flush_total",
    help: "Micro-batches closed, by window and symbol",
    labelNames: ["window_ms", "symbol"],
    registers,
  });
  const rows = new Counter({
    name: "microbatch_flush_rows",
    help: "Events in closed micro-batches, by window",
    labelNames: ["window_ms"],
    registers,
  });
  const latency = new Histogram({
    name: "microbatch_window_latency_ms",
    help: "From a micro-batch's end until it is published",
    buckets: WINDOW_BUCKETS_MS,
    registers,
  });

  const closed = (symbol: string, text: string): void => {
    const bar = FinalBar.safeParse(JSON.parse(text));
    if (!bar.success || !bar.data.final || bar.data.revision > 0) return;
    const { trade_count, end_ts_ms, ingest_ts_ms } = bar.data;
    flushes.inc({ window_ms: String(microBatchMs), symbol: label(symbol) });
    rows.inc({ window_ms: String(microBatchMs) }, trade_count);
    if (ingest_ts_ms !== undefined) latency.observe(Math.max(0, ingest_ts_ms - end_ts_ms));
  };
  const heard = ({ event, symbols, interval, text }: CacheEvent): void => {
    const symbol = symbols?.[0];
    if (symbol === undefined) return;
    if (event === "features") features.inc({ symbol: label(symbol) });
    else if (event === "signal") {
      const said = Directed.safeParse(JSON.parse(text));
      if (said.data?.direction !== undefined) signals.inc({ symbol: label(symbol), direction: said.data.direction });
    } else if (event === "bar" && interval !== null && intervalMs(interval) === microBatchMs) closed(symbol, text);
  };

  const measured = (): GraphFigures | undefined => cache.state.parts.get("aggregate")?.status.graph;
  toldHistogram(
    registers,
    {
      name: "senpai_processing_latency_ms",
      help: "From the log's taking records in until the graph is through with them",
      buckets: PROCESSING_BUCKETS_MS,
    },
    () => {
      const figures = measured();
      return figures === undefined ? [] : [{ labels: {}, ...figures.processing_ms }];
    },
  );
  toldHistogram(
    registers,
    {
      name: "features_update_duration_seconds",
      help: "Working out a window's rolling features, by symbol and window; sampled",
      buckets: UPDATE_BUCKETS_SEC,
    },
    () =>
      Object.entries(measured()?.updates_sec ?? {}).map(([key, spread]) => {
        const at = key.lastIndexOf("|");
        return { labels: { symbol: key.slice(0, at), window: key.slice(at + 1) }, ...spread };
      }),
  );
  return cache.subscribe({
    // What the start reads of the past is not counted again.
    event: (event) => {
      if (cache.isSeeded) heard(event);
    },
    broken: () => {},
  });
}
