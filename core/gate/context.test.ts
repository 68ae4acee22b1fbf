import { expect, test } from "bun:test";
import type { Benchmark } from "../messages/index.ts";
import { context, hearBenchmark } from "./context.ts";

test("a benchmark that a restarted partition says again does not take the place of a newer one", () => {
  const of = (ts_ms: number, symbol = "BTCUSDT"): Benchmark => ({
    kind: "benchmark",
    symbol,
    ts_ms,
    returns: { "1m": ts_ms / 1_000 },
  });
  const all = context();
  for (const heard of [of(5), of(9), of(6), of(8)]) hearBenchmark(all, heard);
  expect(all.benchmark).toEqual(of(9));
  hearBenchmark(all, { ...of(9), returns: { "1m": 1 } });
  expect(all.benchmark?.returns["1m"]).toBe(1);
  hearBenchmark(all, of(1, "ETHUSDT"));
  expect(all.benchmark?.symbol).toBe("ETHUSDT");
});
