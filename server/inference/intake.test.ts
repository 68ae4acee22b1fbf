import { describe, expect, test } from "bun:test";
import type { Rolling } from "../../core/messages/index.ts";
import { Intake } from "./intake.ts";

const row = (symbol: string, ts_ms: number): Rolling => ({ kind: "rolling", provider: "p", symbol, ts_ms, price: 1 });
const taken = (rows: readonly Rolling[]): string[] => rows.map(({ symbol, ts_ms }) => `${symbol}${ts_ms}`);

describe("rows that wait", () => {
  test("the newest of each symbol, each symbol in its turn", () => {
    const intake = new Intake(10);
    intake.offer(row("hot", 1));
    intake.offer(row("calm", 2));
    for (let i = 3; i < 1_000; i++) intake.offer(row("hot", i));
    intake.offer(row("late", 7));
    intake.offer(row("late", 6));
    expect([taken(intake.take(2)), intake.replaced]).toEqual([["hot999", "calm2"], 998]);
    intake.offer(row("hot", 1_000));
    expect([taken(intake.take(9)), intake.size]).toEqual([["late7", "hot1000"], 0]);
  });

  test("a busy symbol has no more turns than a quiet one", () => {
    const intake = new Intake(10);
    const turns: string[] = [];
    for (let i = 0; i < 300; i++) {
      for (let k = 0; k < 5; k++) intake.offer(row("hot", i));
      for (const symbol of ["a", "b"]) intake.offer(row(symbol, i));
      turns.push(...intake.take(1).map(({ symbol }) => symbol));
    }
    expect(turns.filter((symbol) => symbol === "hot")).toHaveLength(100);
  });

  test("bounded: who waits longest goes, and is counted", () => {
    const intake = new Intake(3);
    for (let i = 0; i < 5; i++) intake.offer(row(`S${i}`, i));
    expect([taken(intake.take(9)), intake.dropped]).toEqual([["S22", "S33", "S44"], 2]);
  });
});
