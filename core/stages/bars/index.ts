import type { Bar } from "../../messages/bar.ts";
import type { Bin } from "../../messages/bin.ts";
import type { DeadLetter } from "../../messages/dead-letter.ts";
import type { Gap } from "../../messages/gap.ts";
import type { MarketRecord } from "../../messages/index.ts";
import type { Stage } from "../../stage.ts";
import { bySymbol } from "../symbols.ts";
import { takeGapRecord, takeHeartbeat, takeRoute } from "./control.ts";
import { takeBin } from "./from-bins.ts";
import { takeHistory } from "./history.ts";
import { takeQuote } from "./quotes.ts";
import { type BarsSettings, planOf } from "./settings.ts";
import { type BarsState, NONE } from "./state.ts";
import { takeTrade } from "./trades.ts";

export type BarsOut = Bar | Gap | DeadLetter;

/** Trades (or bins of them), heartbeats, routes, gaps and history → bars, forming, final and revised. */
export const bars: Stage<BarsState, MarketRecord | Bin, BarsOut, BarsSettings> = {
  version: 6,
  init: (settings) => ({
    settings,
    plan: planOf(settings.intervals),
    symbols: bySymbol(),
    gaps: [],
    whole_from_ms: 0,
    stored_from_ms: NONE,
    stored_to_ms: NONE,
    forgotten_to_ms: NONE,
    looked_ms: NONE,
    counts: {
      trades: 0,
      quotes: 0,
      bins: 0,
      late: 0,
      too_old: 0,
      future: 0,
      invalid: 0,
      too_many: 0,
      unrouted: 0,
      bins_resent: 0,
      gaps_repeated: 0,
      history_known: 0,
    },
  }),
  step(state, record, emit) {
    switch (record.kind) {
      case "trade":
        return takeTrade(state, record, emit);
      case "bin":
        return takeBin(state, record, emit);
      case "quote":
        return takeQuote(state, record, emit);
      case "heartbeat":
        return takeHeartbeat(state, record, emit);
      case "gap":
        return takeGapRecord(state, record, emit);
      case "route":
        return takeRoute(state, record, emit);
      case "bar":
        return takeHistory(state, record, emit);
    }
  },
};
