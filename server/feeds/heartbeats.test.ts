import { expect, test } from "bun:test";
import { createHeartbeats, SILENCE_AFTER_MS } from "./heartbeats.ts";

test("one per beat, on whole multiples, following what is vouched for", () => {
  const beats = createHeartbeats("venue", "live", 100);
  const taken = [];
  for (let now = 1_000; now < 1_500; now += 7) {
    const beat = beats.take(now, now, now - 20);
    if (beat !== null) taken.push({ now, ts: beat.ts_ms, reason: beat.reason });
  }
  expect(taken.map((t) => Math.floor(t.now / 100))).toEqual([10, 11, 12, 13, 14]);
  expect(taken.every((t) => t.ts === t.now - 20 && t.reason === "clock")).toBe(true);
  expect(beats.next_ms).toBe(1_500);
});

test("its time never goes back", () => {
  const beats = createHeartbeats("venue", "live", 100);
  expect(beats.take(1_000, 1_000, 990)!.ts_ms).toBe(990);
  expect(beats.take(1_100, 1_100, 500)!.ts_ms).toBe(990);
  expect(beats.vouch(700).ts_ms).toBe(990);
  expect(beats.vouch(1_050).ts_ms).toBe(1_050);
});

test("silence begins when nothing was heard for two seconds, and stands still", () => {
  const beats = createHeartbeats("venue", "live", 100);
  beats.take(10_000, 10_000, 9_990);
  expect(beats.take(10_000 + SILENCE_AFTER_MS, 10_000, 11_900)).toMatchObject({ reason: "clock", ts_ms: 11_900 });
  expect(beats.take(10_101 + SILENCE_AFTER_MS, 10_000, 12_050)).toMatchObject({ reason: "silence", ts_ms: 11_900 });
  expect(beats.take(14_000, 13_990, 13_980)).toMatchObject({ reason: "clock", ts_ms: 13_980 });
});

test("before anything was heard there is nothing to say", () => {
  expect(createHeartbeats("venue", "live", 100).take(50_000, 0, 50_000)).toBeNull();
});

test("a clock set back does not stop the rhythm", () => {
  const beats = createHeartbeats("venue", "live", 100);
  beats.take(50_000, 50_000, 50_000);
  expect(beats.take(20_000, 20_000, 20_000)).toMatchObject({ ts_ms: 50_000 });
  expect(beats.take(20_050, 20_050, 20_050)).toBeNull();
  expect(beats.take(20_100, 20_100, 20_100)).not.toBeNull();
});
