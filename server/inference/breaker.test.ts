import { describe, expect, test } from "bun:test";
import { Breaker, type BreakerEvent, type BreakerState, NEXT } from "./breaker.ts";

const SETTINGS = { failures: 3, open_ms: 1_000 };

describe("the table", () => {
  const wanted: [BreakerState, BreakerEvent, BreakerState][] = [
    ["closed", "answered", "closed"],
    ["closed", "failed", "closed"],
    ["closed", "failed_too_often", "open"],
    ["closed", "waited", "closed"],
    ["open", "answered", "open"],
    ["open", "failed", "open"],
    ["open", "failed_too_often", "open"],
    ["open", "waited", "half_open"],
    ["half_open", "answered", "closed"],
    ["half_open", "failed", "open"],
    ["half_open", "failed_too_often", "open"],
    ["half_open", "waited", "half_open"],
  ];
  test.each(wanted)("%s, %s → %s", (state, event, next) => expect(NEXT[state][event]).toBe(next));
  test("has no other cell", () =>
    expect(Object.values(NEXT).flatMap((row) => Object.keys(row))).toHaveLength(wanted.length));
});

describe("a breaker", () => {
  test("opens after so many failures in a row, tries once the wait is over, closes on an answer", () => {
    const breaker = new Breaker(SETTINGS);
    breaker.failed(0);
    breaker.failed(0);
    breaker.answered(0);
    breaker.failed(1);
    breaker.failed(2);
    expect(breaker.at(2)).toBe("closed");
    breaker.failed(3);
    expect([breaker.at(3), breaker.at(1_002), breaker.at(1_003)]).toEqual(["open", "open", "half_open"]);
    breaker.answered(1_010);
    expect([breaker.at(1_010), breaker.opened]).toEqual(["closed", 1]);
    breaker.failed(1_011);
    expect(breaker.at(1_011)).toBe("closed");
  });

  test("a failed try opens it for the whole wait again; what was still out changes nothing", () => {
    const breaker = new Breaker({ ...SETTINGS, failures: 1 });
    breaker.failed(0);
    breaker.answered(10);
    breaker.failed(20);
    expect(breaker.at(999)).toBe("open");
    expect(breaker.at(1_000)).toBe("half_open");
    breaker.failed(1_200);
    expect([breaker.at(2_199), breaker.at(2_200), breaker.opened]).toEqual(["open", "half_open", 2]);
  });
});
