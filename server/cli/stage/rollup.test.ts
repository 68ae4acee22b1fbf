import { expect, test } from "bun:test";
import { Bar } from "../../../core/messages/index.ts";
import { call } from "../test-support/call.ts";

const T0 = 1_700_006_400_000;

test("quotes → bars of a symbol without trades; PRICE_SOURCE picks the side", async () => {
  const quote = (ms: number, bid: number, ask: number): string =>
    `${JSON.stringify({ kind: "quote", symbol: "EURUSD", ts_ms: T0 + ms, bid, ask })}\n`;
  const stdin = quote(0, 1.5, 2) + quote(10, 1.25, 1) + quote(900, 1, 2);
  const bar = async (...set: string[]) =>
    (await call(["stage", "bars", "--set", "INTERVAL=1m", ...set], { stdin })).records[0];
  expect(await bar()).toMatchObject({ open: 1.75, low: 1.5, close: 1.5, volume: 0, price_source: "mid" });
  expect(await bar("--set", "PRICE_SOURCE=bid")).toMatchObject({ open: 1.5, low: 1, close: 1, price_source: "bid" });
  expect(await bar("--set", "PRICE_SOURCE=trade")).toBeUndefined();
  const wrong = await call(["stage", "bars", "--set", "PRICE_SOURCE=last"], { stdin });
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("use one of: auto, trade, mid, bid, ask")]);
});

test("1 s bars, of whatever maker → rows of 60 s and 300 s", async () => {
  const bar = (ms: number, close: number, over: object = {}): string =>
    `${JSON.stringify({ bar_id: `X-${T0 + ms}`, symbol: "X", start_ts_ms: T0 + ms, end_ts_ms: T0 + ms + 1_000, open: 5, high: 9, low: 1, close, volume: 2, notional: 10, ...over })}\n`;
  const stdin = bar(0, 6) + bar(59_000, 7) + bar(60_000, 8) + bar(300_000, 4) + bar(0, 6);
  const { code, records, err } = await call(["stage", "rollup"], { stdin });
  expect(records.map((row) => [Bar.parse(row).bar_id, row.close, row.volume, row.vwap, row.final])).toEqual([
    [`X-${T0}-60s`, 7, 4, 5, true],
    [`X-${T0 + 60_000}-60s`, 8, 2, 5, true],
    [`X-${T0}-300s`, 8, 6, 5, true],
    [`X-${T0 + 300_000}-60s`, 4, 2, 5, false],
    [`X-${T0 + 300_000}-300s`, 4, 2, 5, false],
  ]);
  expect([code, err]).toEqual([0, "stage rollup: without effect: 1 bars twice\n"]);
});
