import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import type { Alert, Trade } from "../../../core/messages/index.ts";
import { readText, SHARED } from "../../../core/test-support/shared.ts";
import { createMarket, toTrade } from "../../feeds/synthetic/market.ts";
import { call } from "../test-support/call.ts";

const HOUR_MS = 3_600_000;
const pushed = (records: readonly object[]): string[] =>
  (records as Alert[]).filter(({ severity }) => severity !== "notice").map(({ title }) => title);
const lines = (records: readonly object[]): string[] => records.map((record) => `${JSON.stringify(record)}\n`);

async function alertsOf(stdin: string[]): Promise<object[]> {
  const { code, records } = await call(["stage", "anomalies"], { stdin });
  expect(code).toBe(0);
  return records;
}

describe("calm markets ring no bell", () => {
  test("eight synthetic symbols, a day of candles and two hours of trades", async () => {
    const market = createMarket(11);
    const from_ms = Date.UTC(2026, 3, 14, 12);
    const bars: object[] = [];
    for (let start_ms = from_ms - 22 * HOUR_MS; start_ms < from_ms; start_ms += 60_000)
      for (let i = 0; i < market.symbols.length; i++) bars.push(market.minuteBar(i, start_ms) ?? []);
    const trades: Trade[] = [];
    for (let s = from_ms / 1_000; s < (from_ms + 2 * HOUR_MS) / 1_000; s++)
      for (const [i, spec] of market.symbols.entries())
        for (const [ordinal, raw] of market.second(i, s).entries())
          trades.push(toTrade(spec, raw, ordinal, raw.ts_ms + 5));
    expect(trades.length).toBeGreaterThan(25_000);
    const said = await alertsOf(lines([...bars.filter((bar) => "kind" in bar), ...trades]));
    expect(pushed(said)).toEqual([]);
    expect((said as Alert[]).filter((alert) => alert.would_have === true)).toEqual([]);
  }, 120_000);

  const gemini = `${SHARED}/data/trades/gemini_ethusd_2021-07-01_trade.csv.gz`;
  test.skipIf(!existsSync(gemini))(
    "a day of ETHUSD",
    async () => {
      const [, ...rows] = readText(gemini).trim().split("\n");
      const trades = rows.map((row, seq) => {
        const [seconds = "", price, size, isBuyerMaker] = row.split(",");
        const ts_ms = Math.round(Number(seconds) * 1_000);
        const side = isBuyerMaker === "1" ? "sell" : "buy";
        const ids = { trade_id: String(seq), seq, event_id: `gemini|${seq}` };
        return {
          kind: "trade",
          provider: "gemini",
          symbol: "ETHUSD",
          ts_ms,
          price: Number(price),
          size: Number(size),
          side,
          ...ids,
        };
      });
      expect(trades.length).toBeGreaterThan(25_000);
      expect(pushed(await alertsOf(lines(trades)))).toEqual([]);
    },
    60_000,
  );

  for (const name of ["binance-spot/btcusdt_20240808.gz", "binance-usdm/ethusdt_20240808.gz"]) {
    const file = `${SHARED}/data/ws/${name}`;
    test.skipIf(!existsSync(file))(
      name,
      async () => {
        const decoded = await call(["decode", "binance", file]);
        const trades = decoded.records.filter((record) => (record as { kind?: string }).kind === "trade");
        expect(trades.length).toBeGreaterThan(9_000);
        expect(pushed(await alertsOf(lines(trades)))).toEqual([]);
      },
      60_000,
    );
  }
});
