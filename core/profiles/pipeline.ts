import {
  type Bin,
  binId,
  eventOfTrade,
  intervalMs,
  type Signal,
  StreamEvent,
  type Trade,
  toSignalV1,
  tradeOfEvent,
} from "../messages/index.ts";
import { parseIso } from "../text/time.ts";
import { busyTopic, type Profile, rareTopic, written } from "./profile.ts";

export const EVENTS_TOPIC = "mdp.events";
const SIGNALS_TOPIC = "mdp.signals";

/** The micro-batch pipeline: every trade as Event v1, what its rules and models say as Signal v1. */
export const pipeline: Profile = {
  reads: ["market", "signals"],
  topics: [busyTopic(EVENTS_TOPIC), rareTopic(SIGNALS_TOPIC)],
  write(record, sent_ms) {
    if (record.kind === "trade") {
      const event = eventOfTrade(record as Trade, sent_ms);
      return [written(EVENTS_TOPIC, event.symbol, event)];
    }
    if (record.kind === "signal") {
      const signal = record as Signal;
      // Long and short are another system's.
      return signal.direction === undefined ? [written(SIGNALS_TOPIC, signal.symbol, toSignalV1(signal))] : [];
    }
    return [];
  },
};

/**
 * An event of theirs as a record of ours: a tick is a trade, a bar a bin as long as its interval (worth its volume at
 * its close: theirs say no more). Throws where it is none.
 */
export function readEvent(value: unknown): Trade | Bin {
  const event = StreamEvent.parse(value);
  const trade = tradeOfEvent(event);
  return trade ?? binOfBar(event);
}

function binOfBar({ symbol, provider, interval, src_ts, o, h, l, c, v }: StreamEvent): Bin {
  const length_ms = intervalMs(interval ?? "");
  if (length_ms === null) throw new Error(`interval: a bar of ${JSON.stringify(interval)} has no length`);
  if (h < Math.max(o, c, l) || l > Math.min(o, c)) throw new Error("h, l: not the highest and the lowest");
  const start_ts_ms = Math.floor(parseIso(src_ts) / length_ms) * length_ms;
  return {
    kind: "bin",
    bin_id: binId(symbol, start_ts_ms),
    symbol,
    provider,
    start_ts_ms,
    end_ts_ms: start_ts_ms + length_ms,
    open: o,
    high: h,
    low: l,
    close: c,
    volume: v,
    notional: v * c,
    // How many is not said; a bar without trades would not be.
    trade_count: 1,
    max_late_ms: 0,
  };
}
