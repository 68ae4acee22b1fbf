import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Bar, barId, type DeadLetter } from "../messages/index.ts";
import { filesIn, GOLDEN, hasShared, jsonLines } from "../test-support/shared.ts";
import { minuteBar, newest, T0, trade, World } from "./bars/test-support/world.ts";
import { endRollup, ROLLUP_SETTINGS, rollup } from "./rollup.ts";

/** A minute that begins a quarter of an hour. */
const M0 = T0;
const second = (start_ms: number, over: Partial<Bar> = {}): Bar => {
  const symbol = over.symbol ?? "X";
  const times = { start_ts_ms: M0 + start_ms, end_ts_ms: M0 + start_ms + 1_000, interval: "1s" };
  return minuteBar(M0 + start_ms, { symbol, bar_id: barId(symbol, M0 + start_ms, "1s"), ...times, ...over });
};

function run(input: readonly Bar[], isEnd = true, cuts: ReadonlySet<number> = new Set()) {
  const out: (Bar | DeadLetter)[] = [];
  let state = rollup.init(ROLLUP_SETTINGS);
  const emit = (one: Bar | DeadLetter): void => void out.push(structuredClone(one));
  input.forEach((bar, i) => {
    if (cuts.has(i)) state = JSON.parse(JSON.stringify(state));
    rollup.step(state, bar, emit);
  });
  if (isEnd) endRollup(state, emit);
  const rows = out.flatMap((one) => (one.kind === "bar" ? [Bar.parse(one)] : []));
  return { out, rows, letters: out.flatMap((one) => (one.kind === "dead_letter" ? [one] : [])), state };
}

describe("rows of 60 s and 300 s", () => {
  test("a row goes out when a second of a later one comes; both add up", () => {
    const input = [0, 59_000, 60_000, 120_000, 299_000].map((ms, i) =>
      second(ms, { open: 100 + i, close: 101 + i, volume: 2, notional: 200 + i, trade_count: 1 }),
    );
    expect(run(input, false).rows.map((row) => row.bar_id)).toEqual([
      `X-${M0}-60s`,
      `X-${M0 + 60_000}-60s`,
      `X-${M0 + 120_000}-60s`,
    ]);
    const { rows } = run([...input, second(300_000)]);
    expect(rows.map((row) => [row.bar_id, row.final])).toEqual([
      [`X-${M0}-60s`, true],
      [`X-${M0 + 60_000}-60s`, true],
      [`X-${M0 + 120_000}-60s`, true],
      [`X-${M0 + 240_000}-60s`, true],
      [`X-${M0}-300s`, true],
      [`X-${M0 + 300_000}-60s`, false],
      [`X-${M0 + 300_000}-300s`, false],
    ]);
    expect(rows[4]).toMatchObject({ open: 100, close: 105, volume: 10, notional: 1_010, vwap: 101, trade_count: 5 });
    expect(rows[4]).toMatchObject({ bin_count: 50, buy_volume: 20, partial: false, revision: 0, interval: "300s" });
  });

  test("at the end a row is final where its last second is", () => {
    const ends = (final: boolean) => run([second(0), second(59_000, { final })]).rows.map((row) => row.final);
    expect([ends(true), ends(false)]).toEqual([
      [true, false],
      [false, false],
    ]);
  });

  test("a second that comes late, or is revised, corrects its minute and its five minutes", () => {
    const { rows } = run(
      [second(0), second(60_000), second(300_000), second(1_000, { high: 500, partial: true })],
      false,
    );
    expect(rows.map((row) => [row.bar_id, row.revision, row.high]).slice(3)).toEqual([
      [`X-${M0}-60s`, 1, 500],
      [`X-${M0}-300s`, 1, 500],
    ]);
    const revised = run([second(0), second(60_000), second(0, { revision: 1, volume: 99 }), second(0)], false);
    expect(revised.rows.map((row) => [row.revision, row.volume])).toEqual([
      [0, 10],
      [1, 99],
    ]);
    expect(revised.state.repeated).toBe(1);
  });

  test("a symbol gone quiet gets its rows when the others are 10 s past them", () => {
    const quiet = (ms: number) => run([second(0, { symbol: "Q" }), second(ms)], false).rows.map((row) => row.symbol);
    expect([quiet(69_000), quiet(70_000)]).toEqual([[], ["Q"]]);
  });

  test("bars of other lengths are passed over; impossible and too old ones are dead letters", () => {
    const { letters, state, rows } = run(
      [minuteBar(M0), second(0, { low: 104 }), second(1_200_000), second(1_000)],
      false,
    );
    expect([letters.map((letter) => letter.reason), state.other, rows.length]).toEqual([["invalid", "too_old"], 1, 0]);
  });

  test("equal the bars of 1m and 5m of the same trades, whatever comes late; same bytes after any restart", () => {
    const steps = fc.array(
      fc.record({
        by: fc.oneof(fc.integer({ min: -500, max: 900 }), fc.integer({ min: 0, max: 90_000 })),
        late: fc.boolean(),
        price: fc.integer({ min: 1, max: 800 }),
        size: fc.integer({ min: 0, max: 80 }),
        symbol: fc.constantFrom("A", "B"),
      }),
      { minLength: 1, maxLength: 120 },
    );
    fc.assert(
      fc.property(steps, fc.array(fc.nat(200), { maxLength: 5 }), (all, cuts) => {
        let now_ms = T0;
        const trades = all.map(({ by, late, size, ...rest }, seq) => {
          const ts_ms = late ? now_ms - 30_000 : now_ms + by;
          now_ms = Math.max(now_ms, ts_ms);
          return trade({ ts_ms, seq, size: size / 8, ...rest, ...(late ? { fill: "gap" } : {}) });
        });
        const seconds = new World({ intervals: ["1s"] })
          .step(...trades)
          .end()
          .bars();
        const { rows, out } = run(seconds);
        const direct = new World({ intervals: ["1m", "5m"] })
          .step(...trades)
          .end()
          .bars();
        const told = (row: Bar) => {
          const { open, high, low, close, volume, notional, trade_count, bin_count, symbol, start_ts_ms, end_ts_ms } =
            row;
          return { open, high, low, close, volume, notional, trade_count, bin_count, symbol, start_ts_ms, end_ts_ms };
        };
        const key = (row: Bar) => `${row.symbol} ${row.start_ts_ms} ${row.end_ts_ms}`;
        const last = (list: readonly Bar[]) => [...new Map(list.map((row) => [key(row), told(row)])).entries()].sort();
        expect(last(rows)).toEqual(last(direct));
        expect(newest(rows).length).toBeGreaterThan(0);
        expect(JSON.stringify(run(seconds, true, new Set(cuts)).out)).toBe(JSON.stringify(out));
      }),
      { numRuns: 100 },
    );
  });
});

type Cell = string | number | null;
describe.skipIf(!hasShared)("equal to the reference's rows", () => {
  const FOLDER = `${GOLDEN}/bins-and-bars`;
  const rowsOf = (file: string): Record<string, Cell>[] => {
    const [header, ...rows] = jsonLines(`${FOLDER}/${file}.jsonl.gz`) as [{ columns: string[] }, ...Cell[][]];
    return rows.map((row) => Object.fromEntries(header.columns.map((name, i) => [name, row[i] ?? null])));
  };
  const barOfRow = (row: Record<string, Cell>): Bar =>
    minuteBar(Number(row.start_ts_ms), {
      ...(row as object),
      end_ts_ms: Number(row.start_ts_ms) + 1_000,
      interval: "1s",
      trade_count: 1,
      bin_count: Number(row.bin_count ?? 1),
    });
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));

  /** Theirs of a minute, and five of theirs as they should have been put together (S12): aligned. */
  function compare(rows: readonly Bar[], theirs: readonly Record<string, Cell>[]): void {
    const minutes = theirs.filter((row) => row.window === "60s");
    const ours = new Map(newestOf(rows).map((row) => [row.bar_id, row]));
    const of = (interval: string) => [...ours.values()].filter((row) => row.interval === interval);
    expect(
      of("60s")
        .map((row) => row.bar_id)
        .sort(),
    ).toEqual(minutes.map((row) => String(row.bar_id)).sort());
    const fives = new Map<string, Record<string, Cell>[]>();
    for (const row of minutes) {
      const mine = ours.get(String(row.bar_id))!;
      expect(mine).toMatchObject({
        end_ts_ms: row.end_ms,
        open: row.open,
        high: row.high,
        low: row.low,
        close: row.close,
      } as object);
      expect(near(mine.volume, Number(row.volume)) && near(mine.notional, Number(row.notional))).toBe(true);
      const id = `${row.symbol}-${Math.floor(Number(row.start_ms) / 300_000) * 300_000}-300s`;
      fives.set(id, [...(fives.get(id) ?? []), row]);
    }
    expect(
      of("300s")
        .map((row) => row.bar_id)
        .sort(),
    ).toEqual([...fives.keys()].sort());
    for (const [id, parts] of fives) {
      const numbers = (name: string): number[] => parts.map((row) => Number(row[name]));
      const mine = ours.get(id)!;
      expect(mine).toMatchObject({ open: numbers("open")[0]!, close: numbers("close").at(-1)! });
      expect(mine).toMatchObject({ high: Math.max(...numbers("high")), low: Math.min(...numbers("low")) });
      expect(
        near(
          mine.volume,
          numbers("volume").reduce((a, b) => a + b),
        ),
      ).toBe(true);
      expect(
        near(
          mine.notional,
          numbers("notional").reduce((a, b) => a + b),
        ),
      ).toBe(true);
    }
  }
  const newestOf = (rows: readonly Bar[]): Bar[] => [...new Map(rows.map((row) => [row.bar_id, row])).values()];

  const cases = filesIn(FOLDER, ".rollups.nofill.jsonl.gz").map((name) => name.replace(".rollups.nofill.jsonl.gz", ""));
  test("the vectors are there", () => expect(cases).toHaveLength(4));
  for (const name of cases) {
    test(`${name}, of their bars`, () => {
      compare(run(rowsOf(`${name}.bars-1s.nofill`).map(barOfRow)).rows, rowsOf(`${name}.rollups.nofill`));
    });
  }
  const filled = ["", "edge/"].flatMap((under) =>
    filesIn(`${FOLDER}/${under}`, ".rollups.jsonl.gz").map((name) => under + name.replace(".rollups.jsonl.gz", "")),
  );
  for (const name of filled) {
    test(`${name}, of their filled bars`, () => {
      compare(run(rowsOf(`${name}.bars-1s`).map(barOfRow)).rows, rowsOf(`${name}.rollups`));
    });
  }

  const loader = (name: string) => {
    const [header, ...all] = jsonLines(`${FOLDER}/edge/loader-${name}.jsonl.gz`) as [
      { kinds: { I: string[]; R: string[] } },
      ...Cell[][],
    ];
    const of = (kind: "I" | "R") =>
      all.flatMap(([first, ...cells]) =>
        first === kind ? [Object.fromEntries(header.kinds[kind].map((column, i) => [column, cells[i] ?? null]))] : [],
      );
    return { rows: run(of("I").map(barOfRow)).rows, theirs: of("R") };
  };

  test("five minutes, and the minute that is drained", () => {
    const { rows, theirs } = loader("five-minutes");
    compare(rows, theirs);
  });
  test("their late second overwrites its minute (S11), ours corrects it", () => {
    const { rows, theirs } = loader("late-bar-overwrites-minute");
    const [whole, ...others] = theirs.filter((row) => String(row.bar_id).endsWith("1699999980000-60s"));
    const mine = rows.filter((row) => row.bar_id === whole!.bar_id);
    expect(mine[0]).toMatchObject({ volume: Number(whole!.volume), high: Number(whole!.high), revision: 0 });
    // The second has been said in other words: the minute holds all the others still.
    expect(mine.at(-1)).toMatchObject({ volume: Number(whole!.volume), high: Number(others[0]!.high), revision: 1 });
    expect(mine.at(-1)).toMatchObject({ open: whole!.open, close: whole!.close } as object);
  });
  test("their five minutes span holes (S12), ours are aligned, one for each that has trades", () => {
    const { rows, theirs } = loader("unaligned-and-gappy-five");
    compare(rows, theirs);
  });
});
