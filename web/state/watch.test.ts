import { expect, test } from "bun:test";
import type { Bar } from "../../core/messages/bar.ts";
import { makeBar } from "../test-support/fake-market.ts";
import { makeManualFrame } from "../test-support/manual-frame.ts";
import { makeBars } from "./bars.ts";
import { makeWatch } from "./watch.ts";

const T0 = 1_790_000_040_000;

function world() {
  const { frame } = makeManualFrame();
  const bars = makeBars({ frame });
  const watch = makeWatch({ frame, bars });
  watch.setSymbols([
    { symbol: "BTCUSDT", decimals: 2 },
    { symbol: "ETHUSDT", decimals: null },
  ]);
  const price = (symbol: string, seconds: number, close: number, values: Partial<Bar> = {}): void => {
    const start_ts_ms = T0 + Math.floor(seconds) * 1_000;
    watch.put([makeBar({ symbol, interval: "1s", start_ts_ms, close, last_ts_ms: T0 + seconds * 1_000, ...values })]);
  };
  return { bars, watch, price, row: (symbol = "BTCUSDT") => watch.row(symbol) };
}

test("the newest trade is the last price, whichever bar tells it; an older bar does not take it back", () => {
  const { price, row } = world();
  expect(row()?.last).toBeNull();
  price("BTCUSDT", 10, 100);
  price("BTCUSDT", 12, 101, { interval: "1m" });
  price("BTCUSDT", 11, 99, { revision: 1 });
  expect(row()).toMatchObject({ last: 101, last_ts_ms: T0 + 12_000 });
});

test("the change of a minute needs a price of a minute ago", () => {
  const { price, row } = world();
  price("BTCUSDT", 0, 100);
  price("BTCUSDT", 59, 104);
  expect(row()?.change1m).toBeNull();
  price("BTCUSDT", 60, 105);
  expect(row()?.change1m).toBeCloseTo(0.05, 12);
  price("BTCUSDT", 119, 110);
  expect(row()?.change1m).toBeCloseTo(110 / 104 - 1, 12);
  price("BTCUSDT", 120, 110);
  expect(row()?.change1m).toBeCloseTo(110 / 105 - 1, 12);
});

test("the clock is the market's: a quiet symbol's minute passes with the others", () => {
  const { price, row } = world();
  price("ETHUSDT", 0, 50);
  price("ETHUSDT", 10, 55);
  price("BTCUSDT", 65, 1);
  expect(row("ETHUSDT")?.change1m).toBeCloseTo(0.1, 12);
  price("BTCUSDT", 80, 1);
  expect(row("ETHUSDT")?.change1m).toBe(0);
});

test("loaded seconds fill the minute before the page came, in whatever order they come", () => {
  const { watch, price, row } = world();
  price("BTCUSDT", 90, 120);
  const past = [40, 10, 30, 20].map((s) =>
    makeBar({ symbol: "BTCUSDT", interval: "1s", start_ts_ms: T0 + s * 1_000, close: s, last_ts_ms: T0 + s * 1_000 }),
  );
  watch.seed("BTCUSDT", past);
  expect(row()?.seeded).toBe(true);
  expect(row()?.change1m).toBeCloseTo(120 / 30 - 1, 12);
});

test("the sparkline is the last hour of closes with the forming one at its end", () => {
  const { bars, row } = world();
  const minutes = Array.from({ length: 80 }, (_, i) =>
    makeBar({ symbol: "BTCUSDT", interval: "1m", start_ts_ms: T0 + i * 60_000, close: i + 1 }),
  );
  bars.loaded("BTCUSDT", "1m", minutes);
  expect(row()?.spark).toEqual(Array.from({ length: 60 }, (_, i) => i + 21));
});

test("a row that did not change is the same object, so that nothing is drawn again", () => {
  const { watch, price } = world();
  price("BTCUSDT", 1, 100);
  price("ETHUSDT", 1, 50);
  const [btc, eth] = watch.rows();
  price("ETHUSDT", 2, 51);
  const [btcNow, ethNow] = watch.rows();
  expect(btcNow).toBe(btc!);
  expect(ethNow).not.toBe(eth);
});

test("decimals that no feed has told yet are two, and told ones stay", () => {
  const { watch, row } = world();
  expect(row("ETHUSDT")?.decimals).toBe(2);
  watch.setSymbols([{ symbol: "ETHUSDT", decimals: 5 }]);
  expect(row("ETHUSDT")?.decimals).toBe(5);
  expect(row("BTCUSDT")).toBeUndefined();
});
