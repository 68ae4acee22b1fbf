import { expect, test } from "bun:test";
import { fakeSignals } from "../test-support/fake-detail.ts";
import { signalWords } from "./signal-words.ts";

test("a signal in words: which way, what, how sure", () => {
  const [long, rule] = fakeSignals("BTCUSDT", 1_763_683_200_000);
  expect(signalWords(long!)).toBe("▲ long");
  expect(signalWords(rule!)).toBe("▼ rsi overbought, score 0.70");
  expect(signalWords({ ...rule!, value: 0, score: 0 })).toBe("• rsi overbought, score 0.00");
});
