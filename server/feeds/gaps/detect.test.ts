import { describe, expect, test } from "bun:test";
import { hasShared, readText, SHARED } from "../../../core/test-support/shared.ts";
import { parse } from "../binance/parse.ts";
import type { Item } from "../venue.ts";
import { createDetector, type Fault, type Seen } from "./detect.ts";

const T0 = 1_700_000_000_000;
const options = { ahead_max_ms: 0, old_max_ms: 60_000 };
const trade = (id: number, ms = id): Seen => ({ first_seq: id, last_seq: id, ts_ms: T0 + ms, recv_ms: T0 + ms + 5 });
const faults = (seen: readonly Seen[], over = {}): Fault[] => {
  const detector = createDetector({ ...options, ...over });
  return seen.flatMap((one) => detector.see("a", one));
};

describe("ids", () => {
  test("a chain is silent", () => {
    expect(faults([7, 8, 9, 10].map((id) => trade(id)))).toEqual([]);
  });

  test("what is missing is named, with the times around it", () => {
    expect(faults([trade(1), trade(5)])).toEqual([
      { kind: "gap", from_seq: 2, to_seq: 4, from_ms: T0 + 1, to_ms: T0 + 5 },
    ]);
  });

  test("what comes after all closes the hole; the second time it is a duplicate", () => {
    const kinds = faults([1, 5, 3, 3, 2, 4, 4, 6].map((id) => trade(id))).map(({ kind }) => kind);
    expect(kinds).toEqual(["gap", "late", "duplicate", "late", "late", "duplicate"]);
  });

  test("far below everything seen, the venue counts anew", () => {
    expect(faults([trade(1_000), trade(1_001), trade(1), trade(2), trade(4)])).toMatchObject([
      { kind: "restart", from_seq: 1, was_seq: 1_001 },
      { kind: "gap", from_seq: 3, to_seq: 3 },
    ]);
  });

  test("a chain that names its predecessor may have ids between", () => {
    const update = (first_seq: number, last_seq: number, prev_seq: number): Seen => ({
      ...trade(first_seq),
      first_seq,
      last_seq,
      prev_seq,
    });
    expect(faults([update(10, 20, 5), update(30, 40, 20), update(45, 50, 42)])).toMatchObject([
      { kind: "gap", from_seq: 41, to_seq: 42 },
    ]);
  });

  test("series are apart from each other, and begin anew when they are forgotten", () => {
    const detector = createDetector(options);
    expect([detector.see("a", trade(1)), detector.see("b", trade(9)), detector.see("a", trade(2))].flat()).toEqual([]);
    detector.forget("a");
    expect(detector.see("a", trade(7))).toEqual([]);
    expect(detector.see("b", trade(11))).toMatchObject([{ from_seq: 10 }]);
  });

  test("without ids only times are judged", () => {
    const seen = { first_seq: null, last_seq: null, ts_ms: T0, recv_ms: T0 };
    expect(faults([seen, { ...seen, ts_ms: 0 }])).toMatchObject([{ kind: "bad_time", why: "none" }]);
  });
});

describe("times", () => {
  const why = (ts_ms: number, recv_ms: number, over = {}): unknown =>
    faults([{ first_seq: 1, last_seq: 1, ts_ms, recv_ms }], over).map((fault) => "why" in fault && fault.why);

  test("none, ahead of its receipt, too old, outside", () => {
    expect(why(T0, T0)).toEqual([]);
    expect(why(0, T0)).toEqual(["none"]);
    expect(why(Number.NaN, T0)).toEqual(["none"]);
    expect(why(T0 + 1, T0)).toEqual(["ahead"]);
    expect(why(T0 + 1, T0, { ahead_max_ms: 1 })).toEqual([]);
    expect(why(T0, T0 + 60_001)).toEqual(["old"]);
    const within_ms = { from_ms: T0, to_ms: T0 + 10 };
    expect(why(T0 + 9, T0 + 9, { within_ms })).toEqual([]);
    expect(why(T0 + 9, T0 + 10, { within_ms })).toEqual(["outside"]);
    expect(why(T0 - 1, T0, { within_ms })).toEqual(["outside"]);
  });

  test("a gap begins at the last believable time", () => {
    const bad = { ...trade(2), ts_ms: T0 + 1e9 };
    expect(faults([trade(1), bad, trade(5)])).toMatchObject([{ kind: "bad_time" }, { kind: "gap", from_ms: T0 + 1 }]);
  });
});

describe.skipIf(!hasShared)("recorded rows of one day, untouched and with faults put in", () => {
  const DAY = Date.UTC(2025, 2, 4);
  const rows = (name: string): string[][] =>
    readText(`${SHARED}/data/ws/binance-integrity/test_${name}_spot_trxusdt_04-03-2025.csv.gz`)
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));

  /** Rows as the frames they came in, through the parser, into the detector. */
  function judge(frames: { recv_ms: number; frame: object }[]): unknown[] {
    const detector = createDetector({
      ahead_max_ms: 0,
      // The slowest of the untouched rows took 0.3 s.
      old_max_ms: 60_000,
      within_ms: { from_ms: DAY, to_ms: DAY + 86_400_000 },
    });
    const found: unknown[] = [];
    const see = (item: Item): void => {
      if (item.kind === "trade")
        found.push(...detector.see("trade", { ...item, first_seq: item.seq, last_seq: item.seq }));
      else if (item.kind === "book_update") found.push(...detector.see("depth", item));
      else found.push(item);
    };
    const context = { provider: "binance", symbolOf: (symbol: string) => symbol };
    for (const { recv_ms, frame } of frames) parse(JSON.stringify(frame), recv_ms, context, see);
    return found;
  }

  const trades = (name: string) =>
    rows(`${name}_binance_trade_stream`).map(([recv, , e, E, T, s, t, p, q, m]) => ({
      recv_ms: Number(recv) / 1_000,
      frame: { e, E: Number(E), s, t: Number(t), p, q, T: Number(T), m: m === "1", M: true },
    }));

  /** One row per level: those of one update stand together. */
  const depths = (name: string) => {
    const frames: { recv_ms: number; key: string; frame: Record<"b" | "a", [string, string][]> }[] = [];
    for (const [recv, , e, E, s, U, u, isAsk, p, q] of rows(`${name}_binance_difference_depth_stream`)) {
      const key = `${recv} ${E} ${U} ${u}`;
      if (frames.at(-1)?.key !== key)
        frames.push({
          recv_ms: Number(recv) / 1_000,
          key,
          frame: { e, E: Number(E), s, U: Number(U), u: Number(u), b: [], a: [] } as never,
        });
      frames.at(-1)!.frame[isAsk === "1" ? "a" : "b"].push([p!, q!]);
    }
    return frames;
  };

  test("untouched: silence", () => {
    expect(trades("positive")).toHaveLength(10_000);
    expect(judge(trades("positive"))).toEqual([]);
    expect(depths("positive").length).toBeGreaterThan(2_800);
    expect(judge(depths("positive"))).toEqual([]);
  });

  test("trades: the id said twice, the one that is missing for it, the receipt a day late", () => {
    expect(judge(trades("negative"))).toMatchObject([
      { kind: "duplicate", from_seq: 348_656_871 },
      { kind: "gap", from_seq: 348_656_872, to_seq: 348_656_872 },
      { kind: "bad_time", why: "old" },
    ]);
  });

  test("depth: no time, a price below zero, an id left out and said twice, a time ahead, another day", () => {
    const found = judge(depths("negative")) as Record<string, unknown>[];
    // The first row has two faults: time 0 and price −1; one is enough to refuse it.
    expect(found[0]).toMatchObject({ kind: "rejected", reason: "time" });
    expect(found.slice(1)).toMatchObject([
      { kind: "gap", from_seq: 5_434_434_570, to_seq: 5_434_434_570 },
      { kind: "bad_time", why: "ahead" },
      { kind: "duplicate", from_seq: 5_434_434_571 },
      { kind: "bad_time", why: "outside" },
    ]);
    const frames = depths("negative");
    (frames[0]!.frame as unknown as Record<string, number>).E = 1_741_046_400_062_507;
    expect(judge(frames)[0]).toMatchObject({ kind: "rejected", reason: "level" });
  });
});
