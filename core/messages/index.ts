import { Alert } from "./alert.ts";
import { Anomaly } from "./anomaly.ts";
import { Bar } from "./bar.ts";
import { Bin } from "./bin.ts";
import { Book } from "./book.ts";
import { Benchmark, Candidate } from "./candidate.ts";
import { DeadLetter } from "./dead-letter.ts";
import { Features } from "./features.ts";
import { Gap } from "./gap.ts";
import { Headline } from "./headline.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Latest } from "./latest.ts";
import { Metrics, Nearest } from "./metrics.ts";
import { PriceRecord } from "./price.ts";
import { Quote } from "./quote.ts";
import { Rolling } from "./rolling.ts";
import { Route } from "./route.ts";
import { Signal } from "./signal.ts";
import { PartStatus, Status } from "./status.ts";
import { SystemAlert } from "./system-alert.ts";
import { Trade } from "./trade.ts";
import { WatchAnswer, WatchRequest } from "./watch.ts";

export * from "./alert.ts";
export * from "./anomaly.ts";
export * from "./bar.ts";
export * from "./bin.ts";
export * from "./book.ts";
export * from "./candidate.ts";
export * from "./common.ts";
export * from "./dead-letter.ts";
export * from "./event.ts";
export * from "./evidence.ts";
export * from "./features.ts";
export * from "./gap.ts";
export * from "./graph-figures.ts";
export * from "./headline.ts";
export * from "./heartbeat.ts";
export * from "./inference.ts";
export * from "./latest.ts";
export * from "./metrics.ts";
export * from "./price.ts";
export * from "./quote.ts";
export * from "./rolling.ts";
export * from "./route.ts";
export * from "./signal.ts";
export * from "./status.ts";
export * from "./system-alert.ts";
export * from "./trade.ts";
export * from "./watch.ts";

/** Every message by its `kind`: the schemas served at /schemas and checked by the contract tests. */
export const MESSAGES = {
  trade: Trade,
  quote: Quote,
  book: Book,
  heartbeat: Heartbeat,
  route: Route,
  gap: Gap,
  price: PriceRecord,
  bin: Bin,
  bar: Bar,
  metrics: Metrics,
  nearest: Nearest,
  features: Features,
  rolling: Rolling,
  latest: Latest,
  signal: Signal,
  anomaly: Anomaly,
  candidate: Candidate,
  benchmark: Benchmark,
  alert: Alert,
  headline: Headline,
  dead_letter: DeadLetter,
  system_alert: SystemAlert,
  part_status: PartStatus,
  status: Status,
  watch_request: WatchRequest,
  watch_answer: WatchAnswer,
} as const;
export type MessageKind = keyof typeof MESSAGES;

/**
 * What `tape.market` may hold: all a stage ever reads. A final 1 m `bar` there is history (see docs/decisions/0001), a
 * `price` is that of a venue which says no trades.
 */
export type MarketRecord = Trade | Quote | Book | PriceRecord | Heartbeat | Route | Gap | Bar | Headline;
