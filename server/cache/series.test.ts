import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { HeldBar } from "./held-bar.ts";
import { BarSeries } from "./series.ts";

const held = (start: number, revision = 0, position = start): HeldBar => ({
  start_ts_ms: start,
  end_ts_ms: start + 1,
  revision,
  trade_count: 1,
  position,
  text: `${start}r${revision}`,
});
const texts = (series: BarSeries): string[] => series.finals.map((bar) => bar.text);

describe("a series of bars", () => {
  test("keeps finals by start, the highest revision each, whatever the order", () => {
    const statement = fc.record({ start: fc.nat({ max: 20 }), revision: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 80 }), (statements) => {
        const series = new BarSeries("A", "1m", 0);
        const best = new Map<number, number>();
        for (const { start, revision } of statements) {
          const isNews = series.putFinal(held(start, revision), 600);
          expect(isNews).toBe(revision > (best.get(start) ?? -1));
          best.set(start, Math.max(revision, best.get(start) ?? -1));
        }
        const wanted = [...best].sort(([a], [b]) => a - b).map(([start, revision]) => `${start}r${revision}`);
        expect(texts(series)).toEqual(wanted);
      }),
    );
  });

  test("holds the newest, and remembers that older ones made room", () => {
    const series = new BarSeries("A", "1m", 0);
    for (let start = 0; start < 10; start++) series.putFinal(held(start), 4);
    expect(texts(series)).toEqual(["6r0", "7r0", "8r0", "9r0"]);
    expect(series.droppedStart).toBe(5);
    expect(series.since(5)).toBeNull();
    expect(series.since(6)?.length).toBe(4);
    expect(series.since(8)?.map((bar) => bar.text)).toEqual(["8r0", "9r0"]);
  });

  test("a late bar older than all that is held is not held, and nobody resumes over it", () => {
    const series = new BarSeries("A", "1m", 0);
    for (let start = 10; start < 14; start++) series.putFinal(held(start), 3);
    expect(series.putFinal(held(2, 0, 99), 3)).toBe(true);
    expect(texts(series)).toEqual(["11r0", "12r0", "13r0"]);
    expect(series.since(99)).toBeNull();
    expect(series.since(100)).toEqual([]);
  });

  test("a revision is found under its new position", () => {
    const series = new BarSeries("A", "1m", 0);
    series.putFinal(held(1), 9);
    series.putFinal(held(2), 9);
    series.putFinal(held(1, 1, 50), 9);
    expect(series.since(3)?.map((bar) => bar.text)).toEqual(["1r1"]);
  });

  test("a final bar beats the forming one, a forming one beats no final", () => {
    const series = new BarSeries("A", "1m", 0);
    expect(series.putForming(held(5, 0, -1))).toBe(true);
    expect(series.newest?.text).toBe("5r0");
    expect(series.putFinal(held(4), 9)).toBe(true);
    expect(series.forming?.start_ts_ms).toBe(5);
    expect(series.putFinal(held(5), 9)).toBe(true);
    expect(series.forming).toBeNull();
    expect(series.putForming(held(5, 1, -1))).toBe(false);
    expect(series.putForming(held(3, 0, -1))).toBe(false);
    expect(series.putForming(held(6, 0, -1))).toBe(true);
    expect(series.putForming(held(6, 0, -1))).toBe(true);
    expect(series.newest?.start_ts_ms).toBe(6);
  });

  test("what was read before a log was made anew answers no resume", () => {
    const series = new BarSeries("A", "1m", 0);
    series.putFinal(held(1, 0, 70), 9);
    series.rebase(3);
    expect(texts(series)).toEqual(["1r0"]);
    expect(series.since(2)).toBeNull();
    expect(series.since(3)).toEqual([]);
  });
});
