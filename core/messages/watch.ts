import { z } from "zod";
import { EpochMs, Origin, SymbolName } from "./common.ts";

/** Symbols in one request. */
export const WATCH_SYMBOLS_MAX = 100;

/** What became of a symbol that was to be watched, or to be watched no longer. */
export const WatchOutcome = z.enum([
  "added",
  "already_watched",
  "removed",
  "not_watched",
  "unknown_symbol",
  "limit_reached",
  "last_symbol",
  "symbols_fixed",
]);
export type WatchOutcome = z.infer<typeof WatchOutcome>;

export const Watched = z.object({
  symbol: z.string().max(64),
  outcome: WatchOutcome,
  /** The same in words. */
  text: z.string().max(500),
});
export type Watched = z.infer<typeof Watched>;

/** Asks the feed to watch symbols, or to leave them. */
export const WatchRequest = z.object({
  kind: z.literal("watch_request"),
  origin: Origin.optional(),
  id: z.string().min(1).max(64),
  action: z.enum(["add", "remove"]),
  symbols: z.array(SymbolName).min(1).max(WATCH_SYMBOLS_MAX),
  ts_ms: EpochMs,
});
export type WatchRequest = z.infer<typeof WatchRequest>;

/** What the feed did about the request of that id, symbol by symbol. */
export const WatchAnswer = z.object({
  kind: z.literal("watch_answer"),
  origin: Origin.optional(),
  id: z.string().min(1).max(64),
  ts_ms: EpochMs,
  items: z.array(Watched).max(WATCH_SYMBOLS_MAX),
});
export type WatchAnswer = z.infer<typeof WatchAnswer>;
