import { describe, expect, test } from "bun:test";
import { HOLDS_CONNECTION, LINKS, type Link, NEXT, SIGNALS, type Signal } from "./link.ts";

/** The whole table once more, in a form that reads as a specification: only what moves is named. */
const MOVES: Record<Link, Partial<Record<Signal, Link>>> = {
  idle: { start: "connecting" },
  connecting: { opened: "catching_up", silence: "waiting", drop: "waiting", stop: "idle" },
  catching_up: { data: "live", silence: "stale", drop: "waiting", stop: "idle" },
  live: { silence: "stale", drop: "waiting", stop: "idle" },
  stale: { data: "live", backlog: "catching_up", silence: "waiting", drop: "waiting", stop: "idle" },
  waiting: { start: "connecting", retry: "connecting", stop: "idle" },
};

describe("link table", () => {
  test("every pair of state and signal leads where the specification says, and nowhere else", () => {
    for (const link of LINKS) {
      for (const signal of SIGNALS) {
        expect(`${link} ${signal} ${NEXT[link][signal]}`).toBe(`${link} ${signal} ${MOVES[link][signal] ?? link}`);
      }
    }
  });

  test("the table has no state or signal beyond the listed ones", () => {
    expect(Object.keys(NEXT).sort()).toEqual([...LINKS].sort());
    for (const row of Object.values(NEXT)) expect(Object.keys(row).sort()).toEqual([...SIGNALS].sort());
  });

  test("every state is reached from idle, and idle from every state", () => {
    for (const goal of LINKS) expect(reachable("idle")).toContain(goal);
    for (const from of LINKS) expect(reachable(from)).toContain("idle");
  });

  test("only data makes live: an open connection is not enough", () => {
    for (const link of LINKS) {
      for (const signal of SIGNALS) {
        if (link !== "live" && NEXT[link][signal] === "live") expect(signal).toBe("data");
      }
    }
  });

  test("a lost connection is let go of, and silence alone in a standing one is not a loss", () => {
    expect(HOLDS_CONNECTION[NEXT.live.drop]).toBe(false);
    expect(HOLDS_CONNECTION[NEXT.live.silence]).toBe(true);
    expect(HOLDS_CONNECTION[NEXT.stale.silence]).toBe(false);
  });
});

function reachable(from: Link): Set<Link> {
  const found = new Set<Link>([from]);
  for (const link of found) for (const signal of SIGNALS) found.add(NEXT[link][signal]);
  return found;
}
