import { type Bar, Bin } from "../messages/index.ts";
import { busyTopic, type Profile, written } from "./profile.ts";

const RAW_TOPIC = "ticks.raw";
const BARS_TOPIC = "ticks.agg.1s";

/** The replay pipeline: bins of a few milliseconds, and bars of one second. */
export const replay: Profile = {
  reads: ["market", "bars"],
  topics: [busyTopic(RAW_TOPIC), busyTopic(BARS_TOPIC)],
  write(record, sent_ms) {
    if (record.kind === "bin") return [written(RAW_TOPIC, (record as Bin).bin_id, rawOf(record as Bin, sent_ms))];
    if (record.kind === "bar") {
      const bar = record as Bar;
      return bar.interval === "1s" && bar.final ? [written(BARS_TOPIC, bar.bar_id, aggregateOf(bar, sent_ms))] : [];
    }
    return [];
  },
};

const rawOf = (bin: Bin, sent_ms: number) => ({
  bin_id: bin.bin_id,
  symbol: bin.symbol,
  start_ts_ms: bin.start_ts_ms,
  end_ts_ms: bin.end_ts_ms,
  open: bin.open,
  high: bin.high,
  low: bin.low,
  close: bin.close,
  volume: bin.volume,
  notional: bin.notional,
  trade_count: bin.trade_count,
  max_lateness_ms: bin.max_late_ms,
  // Lets who makes bars of them know that nothing before is missing.
  ...(bin.watermark_ms === undefined ? {} : { watermark_ms: bin.watermark_ms }),
  ingest_ts_ms: sent_ms,
});

const aggregateOf = (bar: Bar, sent_ms: number) => ({
  bar_id: bar.bar_id,
  symbol: bar.symbol,
  start_ts_ms: bar.start_ts_ms,
  end_ts_ms: bar.end_ts_ms,
  open: bar.open,
  high: bar.high,
  low: bar.low,
  close: bar.close,
  volume: bar.volume,
  notional: bar.notional,
  vwap: bar.vwap,
  bin_count: bar.bin_count,
  max_lateness_ms: bar.max_late_ms,
  // When the bar itself went out; sent again it keeps that time.
  ingest_ts_ms: bar.ingest_ts_ms ?? sent_ms,
});

/** A bin of theirs as one of ours. Throws where it is none. */
export function readBin(value: object): Bin {
  const { max_lateness_ms, ...given } = value as Readonly<Record<string, unknown>>;
  return Bin.parse({
    kind: "bin",
    ...(max_lateness_ms === undefined ? {} : { max_late_ms: max_lateness_ms }),
    ...given,
  });
}
