import { expect, test } from "bun:test";
import type { Clock } from "../core/ports/clock.ts";
import { inTime, partsFailed } from "./start-up.ts";

const clock: Clock = { now: () => 0, sleep: () => Promise.resolve() };
const never = new Promise<never>(() => undefined);
const running = new AbortController().signal;
const soon = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve("still waiting"), 20));

test("what opens in time is given on, what fails fails as it did, what takes too long ends the start", async () => {
  expect(await inTime("the log", Promise.resolve(7), 5)).toBe(7);
  await expect(inTime("the log", Promise.reject(new Error("no disk")), 5)).rejects.toThrow("no disk");
  await expect(inTime("the log", never, 0.01)).rejects.toThrow("the log did not open within 0.01 s");
});

test("a part that never came up ends the start and is named; parts that did, or a stop, do not", async () => {
  const missing = [{ text: "aggregate fell (no such folder); starting it again in 4 s" }];
  await expect(partsFailed(() => missing, 30, clock, running)).rejects.toThrow(
    "not everything came up (aggregate fell (no such folder); starting it again in 4 s) within 30 s",
  );
  expect(await Promise.race([partsFailed(() => [], 30, clock, running), soon()])).toBe("still waiting");
  expect(await Promise.race([partsFailed(() => missing, 30, clock, AbortSignal.abort()), soon()])).toBe(
    "still waiting",
  );
});
