import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call } from "../test-support/call.ts";

const T0 = 1_700_006_400_000;
const line = (ms: number, over: object = {}): string =>
  `${JSON.stringify({ kind: "trade", provider: "p", symbol: "X", ts_ms: T0 + ms, price: 100, size: 1, ...over })}\n`;
const minute = ["--set", "INTERVAL=1m"];

test("what is being read is not written over", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-cli-"));
  try {
    const path = join(dir, "tape.ndjson");
    const other = join(dir, "link");
    writeFileSync(path, line(0));
    symlinkSync(path, other);
    for (const argv of [
      ["stage", "bars", path],
      ["decode", "binance", path],
    ]) {
      const { code, err } = await call([...argv, "--dead-letter", other]);
      expect([code, err]).toEqual([2, expect.stringContaining("is what is being read; give it a file of its own")]);
    }
    expect(readFileSync(path, "utf8")).toBe(line(0));
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe("what a line may say", () => {
  test("two trades alike without ids are two; with the same id they are one", async () => {
    const stdin =
      line(5) +
      line(5) +
      line(6, { event_id: "a" }) +
      line(6, { event_id: "a" }) +
      line(7, { seq: 3 }) +
      line(7, { seq: 3 });
    expect((await call(["stage", "bars", ...minute], { stdin })).records[0]).toMatchObject({ trade_count: 4 });
  });

  test("an id that is empty, or larger than its reader can tell from the next, makes no two trades one", async () => {
    const many = (id: (n: number) => string): string =>
      Array.from({ length: 6 }, (_, n) => line(n >> 1).replace("}", `,${id(n)}}`)).join("");
    for (const id of [() => '"trade_id":""', (n: number) => `"trade_id":9007199254740${993 + n}`]) {
      const { records, err } = await call(["stage", "bars", ...minute], { stdin: many(id) });
      expect([records[0]?.trade_count, err]).toEqual([6, ""]);
    }
    const counted = await call(["stage", "bars", ...minute], { stdin: many((n) => `"seq":9007199254740${993 + n}`) });
    expect(counted.records[0]).toMatchObject({ trade_count: 6 });
    const named = many((n) => `"trade_id":"9007199254740${993 + (n >> 1)}"`);
    expect((await call(["stage", "bars", ...minute], { stdin: named })).records[0]).toMatchObject({ trade_count: 3 });
  });

  test("what was good and changed nothing is said, whichever stage", async () => {
    const stdin = line(0, { trade_id: "1" }) + line(0, { trade_id: "1" }) + line(1, { trade_id: "2" });
    for (const stage of ["bars", "bins", "micro-batch", "rolling", "features", "signals", "metrics", "anomalies"])
      expect((await call(["stage", stage], { stdin })).err).toContain("without effect: 1 trades twice");
    const { code, out, err } = await call(["stage", "rollup"], { stdin });
    expect([code, out, err]).toEqual([
      0,
      "",
      "stage rollup: without effect: 3 records, none of a kind it reads (bar)\n",
    ]);
  });

  test("numbers may be texts, as venues write them; rubbish is not read as one", async () => {
    const stdin = line(0, { price: "100.5", size: "2" }) + line(1, { price: "0x10" }) + line(2, { price: " 7" });
    const { code, records, err } = await call(["stage", "bars", ...minute], { stdin });
    expect(records).toMatchObject([{ close: 100.5, volume: 2, trade_count: 1 }]);
    expect(code).toBe(0);
    expect(err).toStartWith("stage bars: 2 of 3 lines could not be used (line 2: price:");
  });

  test("numbers of bars, bins and events may be texts too", async () => {
    const prices = { open: "1", high: "3.5", low: "0.5", close: "2", volume: "4", notional: "8" };
    const times = { start_ts_ms: String(T0), end_ts_ms: String(T0 + 1_000) };
    const of = (record: object): string => JSON.stringify({ symbol: "X", ...record });
    const bar = await call(["stage", "rollup"], { stdin: of({ bar_id: "b", ...times, ...prices }) });
    expect(bar.records[0]).toMatchObject({ interval: "60s", high: 3.5, volume: 4, vwap: 2 });
    const bin = await call(["stage", "bars", ...minute], {
      stdin: of({ bin_id: "b", ...times, ...prices, trade_count: "3" }),
    });
    expect(bin.records[0]).toMatchObject({ high: 3.5, volume: 4, trade_count: 3 });
    const tick = { ver: 1, provider: "p", kind: "tick", o: "2", h: "2", l: "2", c: "2", v: "5", event_id: "e" };
    const event = await call(["stage", "bars", ...minute], { stdin: of({ ...tick, src_ts: "2023-11-15T00:00:00Z" }) });
    expect(event.records[0]).toMatchObject({ close: 2, volume: 5 });
  });

  test("events and bins of other systems are read as theirs are written", async () => {
    const tick = (n: number, over: object = {}): string =>
      `${JSON.stringify({ ver: 1, provider: "ibkr", symbol: "SPY", kind: "tick", interval: "1s", src_ts: new Date(T0 + n).toISOString(), ingest_ts: null, o: 1, h: 1, l: 1, c: 2 + n, v: 3, seq: n, event_id: `e${n}`, ...over })}\n`;
    const stdin = tick(0) + tick(1) + tick(1) + tick(2, { c: 0 }) + tick(70_000);
    const { records, err } = await call(["stage", "bars", ...minute], { stdin });
    expect(records[0]).toMatchObject({
      bar_id: `SPY-${T0}-1m`,
      provider: "ibkr",
      open: 2,
      close: 3,
      trade_count: 2,
      volume: 6,
    });
    expect(err).toContain("line 4: c:");
    const bin = (start: number): string =>
      `${JSON.stringify({ bin_id: `X-${T0 + start}`, symbol: "X", start_ts_ms: T0 + start, end_ts_ms: T0 + start + 10, open: 1, high: 3, low: 1, close: 2, volume: 5, notional: 10, trade_count: 4, max_lateness_ms: 90 })}\n`;
    const made = await call(["stage", "bars", "--set", "INTERVAL=1s"], { stdin: bin(0) + bin(0) + bin(500) });
    expect(made.records[0]).toMatchObject({ bin_count: 2, volume: 10, trade_count: 8, max_late_ms: 90 });
  });

  test("a price beside which no return is a number is none", async () => {
    const price = (n: number, price: number): string =>
      `${JSON.stringify({ symbol: "X", price, time: `2024-06-10T00:00:0${n}Z` })}\n`;
    const stdin = price(0, 1e-310) + price(1, 100) + price(2, 1e-18) + price(3, 1e15);
    const { records, err } = await call(["stage", "metrics"], { stdin });
    expect(err).toContain("1 of 4 lines could not be used (line 1: price:");
    expect(records.map((row) => row.return_1m)).toEqual([null, expect.any(Number), expect.any(Number)]);
  });
});
