import { expect, test } from "bun:test";
import { type PartStatus, signalId, signalTime } from "../../core/messages/index.ts";
import { bar, T0, texts, until } from "../cache/test-support/world.ts";
import { world } from "../http/test-support/world.ts";

test("features, signals, micro-batches and what the graph's shell measured, under the names of their systems", async () => {
  const at = await world({ microBatchMs: 2_000 });
  const lines = async (name: string): Promise<string[]> => {
    const text = await (await at.get("/metrics")).text();
    return text.split("\n").filter((line) => line.startsWith(name));
  };
  const say = (topic: string, ...records: object[]) => at.bus.publish(`tape.${topic}`, 0, texts(...records));
  const one = (n: number, symbol: string) => ({ kind: "features", symbol, ts_ms: T0 + n });
  await say("features", ...Array.from({ length: 130 }, (_, n) => one(n, `S${n}`)), one(1_000, "S0"));
  const ts = signalTime(T0);
  const signal = (name: string, more: object) => ({
    ver: 1,
    kind: "signal",
    id: signalId("p", "BTCUSDT", ts, name),
    provider: "p",
    symbol: "BTCUSDT",
    ts,
    name,
    value: 1,
    score: 1,
    meta: {},
    ...more,
  });
  await say("signals", signal("long", { direction: "long" }), signal("hot", {}));
  const batch = (n: number, more: object) => ({
    ...bar(n, { interval: "2s", trade_count: 7 }),
    ingest_ts_ms: T0 + (n + 1) * 2_000 + 600,
    ...more,
  });
  await say("bars", batch(0, {}), batch(1, {}), batch(1, { revision: 1, trade_count: 9 }), bar(0));
  const part: PartStatus = {
    kind: "part_status",
    part: "aggregate",
    ts_ms: T0,
    state: "live",
    text: "Follows",
    graph: {
      processing_ms: { at_most: [1, 2], count: 3, sum: 40 },
      updates_sec: { "A|B|vol_5m": { at_most: [0, 5], count: 6, sum: 0.01 } },
    },
  };
  await say("status", part);
  await until("the part", () => at.cache.state.parts.has("aggregate"));
  await until("the bars", () => at.cache.reading().find(({ topic }) => topic === "bars")?.next === 4);

  const features = await lines("senpai_feature_publish_total{");
  expect(features).toContain('senpai_feature_publish_total{symbol="S0"} 2');
  expect(features).toContain('senpai_feature_publish_total{symbol="other"} 30');
  expect(features).toHaveLength(101);
  expect(await lines("senpai_signals_emitted_total{")).toEqual([
    'senpai_signals_emitted_total{symbol="other",direction="long"} 1',
  ]);
  expect((await lines("signals_emitted_total{")).sort()).toEqual([
    'signals_emitted_total{name="hot",adapter="rules"} 1',
    'signals_emitted_total{name="long",adapter="long_short"} 1',
  ]);
  expect(await lines("microbatch_flush_total{")).toEqual(['microbatch_flush_total{window_ms="2000",symbol="other"} 2']);
  expect(await lines("microbatch_flush_rows{")).toEqual(['microbatch_flush_rows{window_ms="2000"} 14']);
  expect(await lines("microbatch_window_latency_ms_")).toEqual(
    expect.arrayContaining([
      'microbatch_window_latency_ms_bucket{le="500"} 0',
      'microbatch_window_latency_ms_bucket{le="750"} 2',
      "microbatch_window_latency_ms_sum 1200",
    ]),
  );
  expect(await lines("senpai_processing_latency_ms_")).toEqual(
    expect.arrayContaining(['senpai_processing_latency_ms_bucket{le="2"} 2', "senpai_processing_latency_ms_count 3"]),
  );
  expect(await lines("features_update_duration_seconds_count")).toEqual([
    'features_update_duration_seconds_count{symbol="A|B",window="vol_5m"} 6',
  ]);
  expect(((await (await at.get("/api/status")).json()) as { parts: object[] }).parts.some((p) => "graph" in p)).toBe(
    false,
  );
  expect(at.bugs).toEqual([]);
  await at.close();
});
