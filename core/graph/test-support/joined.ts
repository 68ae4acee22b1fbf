import type { Quote } from "../../messages/index.ts";
import { readRules } from "../../rules/rules.ts";
import { T0 } from "../../stages/bars/test-support/world.ts";
import { microBatch } from "../../stages/micro-batch.ts";
import { rollingWindows } from "../../stages/rolling/index.ts";
import { GRAPH_DEFAULTS, type GraphSettings } from "../settings.ts";

const windows = rollingWindows([
  { name: "short", horizon: "2s" },
  { name: "long", horizon: "30s" },
]);
const rules = readRules(
  [
    { name: "hot", condition: "long_rsi > 60 or (long_skew > 0 and n >= 2)", signal: -1, score: 0.7 },
    { name: "rise", condition: "return > 0.002", signal: 1, score: 0.9 },
  ],
  ["short", "long"],
);
/** Every stage is joined, each with limits that a few hundred records reach. */
export const ALL: GraphSettings = {
  ...GRAPH_DEFAULTS,
  intervals: GRAPH_DEFAULTS.intervals.filter((interval) => interval !== "5s"),
  micro_batch: {
    ...microBatch({ window_ms: 5_000, allow_late_ms: 800, flush_timeout_ms: 1_000 }, GRAPH_DEFAULTS),
    forming_ms: 250,
  },
  rolling: { windows, pub_ms: 250, points_max: 60, max_symbols: 2 },
  signals: { ...GRAPH_DEFAULTS.signals, volume_above: 0.5, spread_below_bps: 200, cooldown_ms: 1_000, rules },
};

let seq = 0;
export const quote = (ms: number, bid: number, spread: number, symbol = "BTCUSDT"): Quote => ({
  ver: 1,
  kind: "quote",
  provider: "venue",
  symbol,
  ts_ms: T0 + ms,
  recv_ms: T0 + ms + 15,
  seq: ++seq,
  event_id: `venue|${symbol}|q${seq}`,
  bid,
  bid_size: 1,
  ask: bid + spread,
  ask_size: 1,
});
