import { describe, expect, test } from "bun:test";
import { mutants } from "../test-support/mutants.ts";
import { quick } from "./parse.ts";
import { context, FRAMES, quickAsSlow, RECV_MS } from "./test-support/frames.ts";

const encoder = new TextEncoder();

test("each form it knows is read quickly, as bytes and as a text, as the slow reader reads it", () => {
  for (const frame of FRAMES)
    expect([frame, quickAsSlow(encoder.encode(frame)), quickAsSlow(frame)]).toEqual([frame, true, true]);
});

test("of 100 000 frames with something changed it accepts none that the slow reader refuses or reads otherwise", () => {
  let accepted = 0;
  for (const frame of mutants(100_000, 1, FRAMES)) if (quickAsSlow(frame)) accepted++;
  // Many changes leave a good frame behind: another digit, another side.
  expect(accepted).toBeGreaterThan(5_000);
  expect(accepted).toBeLessThan(60_000);
});

describe("what is unusual goes the slow way", () => {
  const [trade] = FRAMES as [string];
  const cases: Record<string, string> = {
    space: trade.replace(",", ", "),
    "price 0": trade.replace("61837.63000000", "0.00000000"),
    "size 0": trade.replace("0.02000000", "0.00000000"),
    "price too high": trade.replace("61837.63000000", "1000000000000001"),
    "zeros before": trade.replace("61837", "061837"),
    exponent: trade.replace("61837.63000000", "6.1e4"),
    microseconds: trade.replace("1723161255342", "1723161255342001"),
    "time 0": trade.replace("1723161255342", "0000000000000"),
    "not a symbol": trade.replace('"BTCUSDT"', '"BTC USDT"'),
    "escaped symbol": trade.replace('"BTCUSDT"', '"\\u0042TCUSDT"'),
    "more after it": `${trade} `,
    "one bracket too many": `${trade}}`,
    "one too few": trade.slice(0, -1),
    empty: "",
  };
  for (const [name, frame] of Object.entries(cases)) {
    test(name, () => {
      expect(frame).not.toBe(trade);
      expect(quick(frame, RECV_MS, context)).toBeNull();
    });
  }

  test("a receive time with a fraction, where it is the quote's own time", () => {
    expect(quick(FRAMES[4]!, RECV_MS + 0.5, context)).toBeNull();
    expect(quick(FRAMES[6]!, RECV_MS + 0.5, context)).not.toBeNull();
  });
});

test("a stream that is known and says something else is read as if it were new", () => {
  const [trade, , , , quote] = FRAMES as [string, string, string, string, string];
  for (const frame of [trade, quote]) {
    for (const seen of [frame, frame]) expect(quickAsSlow(seen)).toBe(true);
    // Another symbol in its frames, another price, the other side: as the slow reader says it.
    for (const name of ['"ETHUSDT"', '"BTCUSD"', '"BTCUSDT"'])
      expect(quickAsSlow(frame.replace('"BTCUSDT"', name))).toBe(true);
    expect(quickAsSlow(frame.replaceAll("61837", "7"))).toBe(true);
    expect(quickAsSlow(frame.replace("btcusdt@", "ethusdt@"))).toBe(true);
  }
  expect(quickAsSlow(trade.replace('"m":true', '"m":false'))).toBe(true);
});

test("symbols are called what their context calls them, and contexts do not mix", () => {
  const other = { provider: "elsewhere", symbolOf: (symbol: string) => `${symbol}.P`, origin: "replay" as const };
  const nobody = { provider: "x", symbolOf: () => "not a symbol" };
  for (let i = 0; i < 2; i++) {
    expect(quick(FRAMES[0]!, RECV_MS, context)).toMatchObject({
      symbol: "BTCUSDT",
      origin: "live",
      provider: "binance",
    });
    expect(quick(FRAMES[0]!, RECV_MS, other)).toMatchObject({
      symbol: "BTCUSDT.P",
      origin: "replay",
      event_id: "elsewhere|BTCUSDT.P|2024-08-08T23:54:15.342000Z|3735683259",
    });
    expect(quick(FRAMES[0]!, RECV_MS, nobody)).toBeNull();
  }
});
