import type { Book, Headline, Heartbeat, Latest, MarketRecord } from "../messages/index.ts";
import {
  type AdaptiveOut,
  type AdaptiveState,
  adaptive,
  type ClassicState,
  classic,
} from "../stages/anomalies/index.ts";
import { type BarsOut, bars } from "../stages/bars/index.ts";
import type { BarsState } from "../stages/bars/state.ts";
import { type BooksState, books } from "../stages/books.ts";
import { type DedupeState, dedupe } from "../stages/dedupe.ts";
import { type LatestState, latest } from "../stages/latest.ts";
import { type MetricsState, metrics } from "../stages/metrics/index.ts";
import { type PriceState, price } from "../stages/price.ts";
import { TOPICS, type TopicName } from "../topics.ts";
import { passes } from "./door.ts";
import type { EmitTo, Graph } from "./graph.ts";
import type { GraphSettings } from "./settings.ts";
import { type SignalPathOut, type SignalPathState, signalPath, signalPathCounts } from "./signals.ts";

export interface MarketState extends SignalPathState {
  anomaly_mode: GraphSettings["anomaly_mode"];
  dedupe: DedupeState;
  bars: BarsState;
  micro_batch: BarsState | null;
  price: PriceState;
  books: BooksState;
  latest: LatestState;
  metrics: MetricsState;
  classic: ClassicState;
  adaptive: AdaptiveState;
  /** Event time of the newest heartbeat that was passed on to the gate. */
  gate_beat_ms: number;
}

type Out = BarsOut | AdaptiveOut | Book | Latest | SignalPathOut;

function topicOf(out: Out): TopicName {
  switch (out.kind) {
    case "bar":
      return out.final ? TOPICS.bars.name : TOPICS.forming.name;
    case "gap":
      return TOPICS.gaps.name;
    case "dead_letter":
      return TOPICS.deadLetter.name;
    case "candidate":
    case "benchmark":
      return TOPICS.candidates.name;
    case "nearest":
      return TOPICS.status.name;
    case "book":
      return TOPICS.book.name;
    case "latest":
      return TOPICS.latest.name;
    case "features":
      return TOPICS.features.name;
    case "rolling":
      return TOPICS.rolling.name;
    case "signal":
      return TOPICS.signals.name;
  }
}

/** One function per emit, not one per record: a shell hands in the same emit for every record. */
const outlets = new WeakMap<EmitTo, (out: Out) => void>();

function outletOf(emit: EmitTo): (out: Out) => void {
  const known = outlets.get(emit);
  if (known !== undefined) return known;
  const outlet = (out: Out): void => emit(topicOf(out), out);
  outlets.set(emit, outlet);
  return outlet;
}

/** price → metrics → the source systems' decisions. */
function sample(state: MarketState, record: MarketRecord, emit: EmitTo): void {
  price.step(state.price, record, (sampled) => {
    emit(TOPICS.prices.name, sampled);
    metrics.step(state.metrics, sampled, (row) => {
      emit(TOPICS.metrics.name, row);
      classic.step(state.classic, row, (anomaly) => {
        emit(TOPICS.anomalies.name, anomaly);
        if (state.anomaly_mode === "classic") emit(TOPICS.candidates.name, anomaly);
      });
    });
  });
}

/** The gate has one time for the whole market: the first partition's, once a second. */
function tellGate(state: MarketState, record: Heartbeat | Headline, emit: EmitTo): void {
  if (state.adaptive.settings.part !== GATE_PART) return;
  if (record.kind === "heartbeat") {
    if (record.reason === "silence" || record.ts_ms < state.gate_beat_ms + GATE_BEAT_MS) return;
    state.gate_beat_ms = record.ts_ms;
  }
  emit(TOPICS.candidates.name, record);
}

const GATE_PART = "0";
const GATE_BEAT_MS = 1_000;

/** One partition of the market: dedupe → bars, prices, books, metrics, decisions, candidates, features and signals. */
export const marketGraph: Graph<MarketState, MarketRecord, GraphSettings> = {
  version: [dedupe, bars, price, books, latest, metrics, classic, adaptive, signalPath]
    .map((stage) => stage.version)
    .join("."),
  init: (settings) => ({
    anomaly_mode: settings.anomaly_mode,
    dedupe: dedupe.init(settings),
    bars: bars.init(settings),
    micro_batch: settings.micro_batch === null ? null : bars.init(settings.micro_batch),
    price: price.init(settings.price),
    books: books.init(settings.books),
    latest: latest.init(settings.latest),
    metrics: metrics.init(settings.metrics),
    classic: classic.init(settings.classic),
    adaptive: adaptive.init(settings.adaptive),
    gate_beat_ms: 0,
    ...signalPath.init(settings),
  }),
  step(state, record, emit) {
    const outlet = outletOf(emit);
    if (record.kind === "headline") {
      classic.step(state.classic, record, (anomaly) => emit(TOPICS.anomalies.name, anomaly));
      tellGate(state, record, emit);
      return;
    }
    if (!passes(state, record, outlet)) return;
    sample(state, record, emit);
    books.step(state.books, record, outlet);
    latest.step(state.latest, record, outlet);
    if (state.anomaly_mode === "adaptive") adaptive.step(state.adaptive, record, outlet);
    signalPath.step(state, record, outlet);
    if (record.kind === "heartbeat") tellGate(state, record, emit);
  },
};

/** Trades that went no further, by reason, for whoever shows how the system is. */
export function marketCounts(state: MarketState): Record<string, number> {
  const { duplicates, unchecked } = state.dedupe;
  const batch = state.micro_batch?.counts;
  return {
    ...state.bars.counts,
    duplicates,
    unchecked,
    late_prices: state.metrics.late,
    bad_prints: state.adaptive.counts.bad_prints,
    ...signalPathCounts(state),
    ...(batch !== undefined && { micro_batch_late: batch.late + batch.too_old }),
  };
}
