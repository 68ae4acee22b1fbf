import type { Book } from "../../core/messages/book.ts";
import type { Features } from "../../core/messages/features.ts";
import type { Signal } from "../../core/messages/signal.ts";
import { type Freshness, makeStream, type Stream, type StreamClock, type Transport } from "../stream/client.ts";
import type { SseEvent } from "../stream/sse-parser.ts";
import type { Api } from "./api.ts";
import { makeWatchers } from "./cell.ts";
import { readEvent } from "./events.ts";
import type { Frame } from "./frame.ts";

/** The eleven, in the order in which they are shown. */
export const FEATURE_NAMES = [
  "mid",
  "spread_abs",
  "spread_bps",
  "return_10s",
  "realized_vol_60s",
  "trade_vwap_10s",
  "trade_vwap_60s",
  "trade_count_10s",
  "trade_volume_10s",
  "latency_ms_p50",
  "latency_ms_p95",
] as const;
export type FeatureName = (typeof FEATURE_NAMES)[number];

/** What is shown of one symbol only: its features, its book, its signals. */
export interface Detail {
  features(): Features | null;
  /** The last minute and a half of one feature, oldest first. */
  trace(name: FeatureName): readonly number[];
  book(): Book | null;
  /** Newest first. */
  signals(): readonly Signal[];
  /** Null: no symbol is chosen. */
  show(symbol: string | null): void;
  /** The page's own connection was made anew: the server may be another one. */
  reconnect(): void;
  stop(): void;
  subscribe(watcher: () => void): () => void;
}

export interface DetailOptions {
  readonly api: Pick<Api, "signals">;
  readonly transport: Transport;
  readonly clock: StreamClock;
  readonly random: () => number;
  readonly frame: Frame;
}

const TRACE_POINTS = 90;
const TRACE_STEP_MS = 1_000;
const SIGNALS_MAX = 20;
/** A quiet symbol may say nothing for long; whether the server is there is the other connection's to watch. */
const PATIENCE_MS = 24 * 3_600_000;

export function makeDetail({ api, transport, clock, random, frame }: DetailOptions): Detail {
  const watchers = makeWatchers(frame);
  let symbol: string | null = null;
  let features: Features | null = null;
  let book: Book | null = null;
  let signals: readonly Signal[] = [];
  let traces = new Map<FeatureName, number[]>();
  let traced_ms = 0;

  const stream: Stream = makeStream({
    ...{ transport, clock, random, onEvent },
    url: () => `/api/stream?topics=features,book,signals&symbols=${encodeURIComponent(symbol ?? "")}`,
    onOpen: () => void loadSignals(),
    onLink: () => undefined,
    staleMs: PATIENCE_MS,
    giveUpMs: 2 * PATIENCE_MS,
  });

  /** What was said before the stream stood; without an answer there is only what it brings. */
  async function loadSignals(): Promise<void> {
    const of = symbol;
    if (of === null) return;
    try {
      const before = await api.signals(of, SIGNALS_MAX);
      if (of === symbol) for (const one of [...before].reverse()) putSignal(one);
    } catch {
      return;
    }
    watchers.changed();
  }

  function putSignal(signal: Signal): void {
    if (signals.some(({ id }) => id === signal.id)) return;
    signals = [signal, ...signals].sort((a, b) => Date.parse(b.ts) - Date.parse(a.ts)).slice(0, SIGNALS_MAX);
  }

  function putFeatures(next: Features): void {
    features = next;
    if (next.ts_ms < traced_ms + TRACE_STEP_MS && next.ts_ms >= traced_ms) return;
    traced_ms = next.ts_ms;
    for (const name of FEATURE_NAMES) {
      const value = next[name];
      if (value === null) continue;
      const trace = traces.get(name) ?? [];
      traces.set(name, [...trace, value].slice(-TRACE_POINTS));
    }
  }

  function onEvent(event: SseEvent): Freshness {
    const read = readEvent(event);
    if (!("ok" in read)) return "neutral";
    const { ok } = read;
    // What was on its way for the symbol shown before is of no use now.
    if (!("record" in ok) || !("symbol" in ok.record) || ok.record.symbol !== symbol) return "neutral";
    if (ok.event === "features") putFeatures(ok.record);
    else if (ok.event === "book") book = ok.record;
    else if (ok.event === "signal") putSignal(ok.record);
    else return "neutral";
    watchers.changed();
    return "data";
  }

  const connect = (): void => {
    stream.stop();
    if (symbol !== null) stream.start();
  };

  return {
    features: () => features,
    trace: (name) => traces.get(name) ?? [],
    book: () => book,
    signals: () => signals,
    show(next) {
      if (next === symbol) return;
      symbol = next;
      features = null;
      book = null;
      signals = [];
      traces = new Map();
      traced_ms = 0;
      watchers.changed();
      connect();
    },
    reconnect: connect,
    stop: () => stream.stop(),
    subscribe: watchers.subscribe,
  };
}
