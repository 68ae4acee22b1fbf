import { expect, test } from "bun:test";
import { TOPICS } from "../../core/topics.ts";
import { isTransient, Newest } from "./newest.ts";

test("of each symbol, length and part the newest is said, once, in the order in which they were first there", () => {
  const newest = new Newest();
  const { forming, features, status } = TOPICS;
  for (const n of [1, 2]) {
    for (const interval of ["1s", "1m"]) newest.put(forming.name, { symbol: "X", interval, n });
    newest.put(features.name, { symbol: "X", n });
    newest.put(status.name, { kind: "nearest", part: "3", n });
  }
  newest.put(forming.name, { symbol: "Y", interval: "1s", n: 3 });
  const said: unknown[] = [];
  const say = (topic: string, record: object): void => void said.push([topic, record]);
  newest.take(say);
  expect(said).toEqual([
    [forming.name, { symbol: "X", interval: "1s", n: 2 }],
    [forming.name, { symbol: "X", interval: "1m", n: 2 }],
    [features.name, { symbol: "X", n: 2 }],
    [status.name, { kind: "nearest", part: "3", n: 2 }],
    [forming.name, { symbol: "Y", interval: "1s", n: 3 }],
  ]);
  newest.take(say);
  expect(said).toHaveLength(5);
});

test("what is kept on disk is said record by record", () => {
  expect(isTransient(TOPICS.forming.name)).toBe(true);
  expect([TOPICS.bars, TOPICS.metrics, TOPICS.signals].some(({ name }) => isTransient(name))).toBe(false);
});
