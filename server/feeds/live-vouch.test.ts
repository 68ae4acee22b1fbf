import { expect, test } from "bun:test";
import type { Trade } from "../../core/messages/index.ts";
import { Vouch } from "./live-vouch.ts";
import { tinyTrade } from "./test-support/tiny-venue.ts";

const T0 = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

/** A venue whose trades take 50 ms, seen in steps. */
function world() {
  const vouch = new Vouch("tiny", 100);
  let seq = 0;
  let told = 0;
  const step = (now_ms: number, venue_ms: number | null): void => {
    vouch.begin(now_ms);
    if (venue_ms !== null) {
      vouch.seen({ ...tinyTrade(++seq, venue_ms), recv_ms: now_ms } as Trade, now_ms);
      told = now_ms;
    }
    vouch.end(now_ms, true, now_ms, told);
  };
  const run = (now_ms: number, venue_ms: number, ms: number): void => {
    for (let at = 0; at < ms; at += 100) step(now_ms + at, venue_ms + at);
  };
  return { vouch, step, run };
}

test("time is vouched for as far as the slowest of the trades", () => {
  const { vouch, run } = world();
  run(T0, T0 - 50, 3_000);
  expect(vouch.vouched_ms).toBe(T0 + 2_900 - 50);
  expect(vouch.early_ms).toBe(0);
});

test("a clock set forth moves no time until a trade has come, and then only as far as the venue's", () => {
  const { vouch, run, step } = world();
  run(T0, T0 - 50, 3_000);
  const before_ms = vouch.vouched_ms;
  for (let at = 0; at < 2_000; at += 100) step(T0 + HOUR_MS + at, null);
  expect(vouch.vouched_ms).toBe(before_ms);
  run(T0 + HOUR_MS + 2_000, T0 + 5_000, 3_000);
  expect(vouch.vouched_ms).toBe(T0 + 7_900);
});

test("trades from the future, nearly all of them, say that the clock is behind; a few say nothing", () => {
  const { vouch, run, step } = world();
  for (let i = 0; i < 5; i++) step(T0 + i, T0 + 1e9);
  run(T0 + 100, T0 + 50, 3_000);
  expect(vouch.early_ms).toBe(0);
  const late = world();
  late.run(T0, T0 + HOUR_MS, 3_000);
  expect(late.vouch.early_ms).toBe(HOUR_MS);
});
