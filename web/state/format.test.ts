import { describe, expect, test } from "bun:test";
import { ago, compact, direction, millis, number, percent, seconds, splitSymbol } from "./format.ts";

const T = "\u2009";

describe("numbers as they are read", () => {
  test("fixed decimals, thin spaces between thousands, a true minus", () => {
    expect(number(1_234_567.891, 2)).toBe(`1${T}234${T}567.89`);
    expect(number(0.000_123_45, 8)).toBe("0.00012345");
    expect(number(-12, 1)).toBe("−12.0");
    expect(number(-0.001, 2)).toBe("0.00");
    expect(number(999.999, 2)).toBe(`1${T}000.00`);
    for (const nothing of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) expect(number(nothing, 2)).toBe("–");
  });

  test("percentages carry their sign, unless they read as zero; then they have no direction either", () => {
    expect(percent(0.0621)).toBe(`+6.21${T}%`);
    expect(percent(-0.0512)).toBe(`−5.12${T}%`);
    expect([percent(0), percent(0.00001), percent(-0.00001)]).toEqual(Array(3).fill(`0.00${T}%`));
    expect([direction(0.0001), direction(-0.0001), direction(0.00001), direction(null)]).toEqual([
      "up",
      "down",
      "flat",
      "flat",
    ]);
  });

  test("volumes in three digits and a letter, counts as they are", () => {
    expect([0.123, 1.5, 12.34, 123.4].map(compact)).toEqual(["0.12", "1.50", "12.3", "123"]);
    expect([12, 999].map(compact)).toEqual(["12", "999"]);
    expect([999.7, 1_234, 99_990, 1_500_000, 2e9].map(compact)).toEqual([
      `1.00${T}k`,
      `1.23${T}k`,
      `100${T}k`,
      `1.50${T}M`,
      `2.00${T}B`,
    ]);
  });

  test("times with their unit", () => {
    expect([millis(38.2), millis(999.4), millis(1_240)]).toEqual([`38${T}ms`, `999${T}ms`, `1.2${T}s`]);
    expect([400, 9_940, 12_000, 59_600, 185_000, 7_800_000].map(seconds)).toEqual([
      `0.4${T}s`,
      `9.9${T}s`,
      `12${T}s`,
      `1${T}min 00${T}s`,
      `3${T}min 05${T}s`,
      `2${T}h 10${T}min`,
    ]);
    expect([1_000, 42_000, 150_000, 7_200_000].map(ago)).toEqual([
      "just now",
      `42${T}s ago`,
      `2${T}min ago`,
      `2${T}h ago`,
    ]);
  });

  test("symbols fall into base and quote", () => {
    expect(["BTCUSDT", "ETHBTC", "AAPL", "BTC-USD", "USDT", "XBT/EUR"].map(splitSymbol)).toEqual([
      ["BTC", "USDT"],
      ["ETH", "BTC"],
      ["AAPL", ""],
      ["BTC", "USD"],
      ["USDT", ""],
      ["XBT", "EUR"],
    ]);
  });
});
