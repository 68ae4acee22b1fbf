import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { filesIn, GOLDEN, hasShared, readText } from "../../../core/test-support/shared.ts";
import { call } from "../test-support/call.ts";

const T0 = 1_700_000_000_000;
const dir = mkdtempSync(join(tmpdir(), "tapebell-validate-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;
const file = (text: string | Uint8Array): string => {
  const path = join(dir, `${files++}.ndjson`);
  writeFileSync(path, text);
  return path;
};
const lines = (all: readonly object[]): string => all.map((one) => `${JSON.stringify(one)}\n`).join("");
const bin = (ms: number, over: object = {}): object => ({
  kind: "bin",
  bin_id: `X-${T0 + ms}`,
  symbol: "X",
  start_ts_ms: T0 + ms,
  end_ts_ms: T0 + ms + 10,
  ...{ open: 10, high: 12, low: 9, close: 11, volume: 2, notional: 21, trade_count: 3, max_late_ms: 4 },
  ...over,
});
const bar = (ms: number, over: object = {}): object => ({
  kind: "bar",
  bar_id: `X-${T0 + ms}`,
  revision: 0,
  symbol: "X",
  interval: "1s",
  start_ts_ms: T0 + ms,
  end_ts_ms: T0 + ms + 1_000,
  ...{ open: 10, high: 13, low: 9, close: 12, volume: 3, notional: 33.5, vwap: 33.5 / 3, bin_count: 2, max_late_ms: 7 },
  final: true,
  ...over,
});
const later = { open: 11, high: 13, close: 12, volume: 1, notional: 12.5, max_late_ms: 7 };
const BINS = [bin(500, later), bin(20)];

const validate = (bins: string, bars: string, ...args: string[]) =>
  call(["validate-aggregates", "--bins", bins, "--bars", bars, ...args]);
const compare = (bins: readonly object[], bars: readonly object[], ...args: string[]) =>
  validate(file(lines(bins)), file(lines(bars)), ...args);

describe("validate-aggregates", () => {
  test("equal: 0, with the sums", async () => {
    const { code, out, err } = await compare(BINS, [bar(0, { ingest_ts_ms: T0 + 1_600 })]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toBe(
      "1 bars, 2 bins: 0 missing, 0 extra, 0 mismatching\n" +
        "latency of 1 bars, ingest_ts_ms - end_ts_ms: p95 600 ms, max 600 ms\n",
    );
  });

  test("missing and extra bars are named", async () => {
    const { code, out } = await compare([...BINS, bin(1_000)], [bar(0), bar(2_000)]);
    expect(code).toBe(1);
    expect(out).toStartWith(
      `missing X-${T0 + 1_000}: 1 bins and no bar\n` +
        `extra X-${T0 + 2_000}: a bar and no bins\n` +
        "2 bars, 3 bins: 1 missing, 1 extra, 0 mismatching\n",
    );
  });

  const wrong: [string, object][] = [
    ["open", { open: 10.01 }],
    ["high", { high: 12 }],
    ["low", { low: -9 }],
    ["close", { close: 11 }],
    ["volume", { volume: 3.00000001 }],
    ["notional", { notional: 33.4 }],
    ["vwap", { vwap: 11 }],
    ["bin_count", { bin_count: 100 }],
    ["max_late_ms", { max_late_ms: 0 }],
    ["end_ts_ms", { end_ts_ms: T0 + 1_001 }],
    ["symbol", { symbol: "Y" }],
    ["start_ts_ms", { start_ts_ms: T0 + 1 }],
  ];
  test.each(wrong)("a wrong %s is found", async (field, over) => {
    const { code, records } = await compare(BINS, [bar(0, over)], "--json");
    expect(code).toBe(1);
    const [difference, sums] = records as [{ fields: { field: string }[] }, object];
    expect(difference).toMatchObject({ kind: "mismatch", bar_id: `X-${T0}` });
    expect(difference.fields.map((one) => one.field)).toContain(field);
    expect(sums).toMatchObject({ kind: "summary", bins: 2, bars: 1, missing: 0, extra: 0, mismatch: 1 });
  });

  test("all wrong fields of a bar stand in its line", async () => {
    const { out } = await compare(BINS, [bar(0, { open: 1, close: 2 })]);
    expect(out).toStartWith(`mismatch X-${T0}: open 1, by its bins 10; close 2, by its bins 12\n`);
  });

  test("bins sent again, in any order, and bins without trades change nothing", async () => {
    const empty = bin(990, { trade_count: 0, volume: 0, notional: 0, open: 99, high: 99, low: 99, close: 99 });
    const { code, out } = await compare([...BINS, ...BINS, empty], [bar(0)]);
    expect(code).toBe(0);
    expect(out).toContain("passed over: 2 bins sent again, 1 bins without a trade");
  });

  test("the final statement of the highest revision counts, and of other intervals none", async () => {
    const bars = [
      bar(0, { revision: 1 }),
      bar(0, { close: 1 }),
      bar(0, { final: false, revision: 9, close: 2 }),
      bar(0, { interval: "1m", bar_id: `X-${T0}-1m`, close: 3 }),
    ];
    const { code, out } = await compare(BINS, bars);
    expect(code).toBe(0);
    expect(out).toContain("2 earlier statements of bars, 1 bars of other intervals");
  });

  test("latency: p95 is the rank, corrections and open bars are left out", async () => {
    const bins = Array.from({ length: 40 }, (_, i) => bin(i * 1_000));
    const same = {
      open: 10,
      high: 12,
      low: 9,
      close: 11,
      volume: 2,
      notional: 21,
      vwap: 10.5,
      bin_count: 1,
      max_late_ms: 4,
    };
    const bars = bins.map((_, i) => bar(i * 1_000, { ...same, ingest_ts_ms: T0 + (i + 1) * 1_000 + i + 1 }));
    const corrected = bar(0, { ...same, revision: 1, ingest_ts_ms: T0 + 900_000 });
    const open = bar(39_000, { ...same, final: false, ingest_ts_ms: T0 + 900_000 });
    const { code, records } = await compare(bins, [...bars.slice(0, 39), open, corrected], "--json");
    expect(code).toBe(0);
    expect(records).toMatchObject([{ latency_bars: 39, latency_ms_p95: 38, latency_ms_max: 39 }]);
  });

  test("records of other makers: other names, rounded sums, ids with zeros before", async () => {
    const { kind: _, max_late_ms, ...rest } = bin(20, { volume: 0.123457 }) as Record<string, unknown>;
    const theirs = { ...rest, max_lateness_ms: max_late_ms, window_ms: 10, source: "replay" };
    const {
      kind: _k,
      revision: _r,
      interval: _i,
      final: _f,
      max_late_ms: _m,
      ...plain
    } = bar(0) as Record<string, unknown>;
    const own = { open: 10, high: 12, low: 9, close: 11, notional: 21, vwap: 12, volume: 0.1234574, bin_count: 1 };
    expect((await compare([theirs], [{ ...plain, ...own, max_lateness_ms: 0 }])).code).toBe(0);
    expect((await compare([theirs], [{ ...plain, ...own, volume: 0.1235 }])).code).toBe(1);
    const early = bin(0, { bin_id: "X-0000000000000", start_ts_ms: 0, end_ts_ms: 10 });
    const first = { start_ts_ms: 0, end_ts_ms: 1_000, bar_id: "X-0000000000000", revision: 0 };
    const values = {
      open: 10,
      high: 12,
      low: 9,
      close: 11,
      volume: 2,
      notional: 21,
      vwap: 10.5,
      bin_count: 1,
      max_late_ms: 4,
    };
    expect((await compare([early], [bar(0, { ...first, ...values })])).code).toBe(0);
  });

  test("compressed files; bad lines are counted and do not decide", async () => {
    const bins = file(gzipSync(`rubbish\n${lines(BINS)}`));
    const { code, err } = await validate(
      bins,
      file(`${lines([bar(0)])}{"kind":"trade"}\n[1]\n${"x".repeat(2_000_000)}`),
    );
    expect(code).toBe(0);
    expect(err).toContain("--bins: 1 of 3 lines could not be used (line 1: it is no JSON)");
    expect(err).toContain("--bars: 3 of 4 lines");
  });

  test("where there is nothing to compare, nothing is right", async () => {
    const { code, err } = await compare([], []);
    expect(code).toBe(1);
    expect(err).toContain("nothing was compared");
    expect((await compare(BINS, [])).out).toContain("missing");
    expect((await compare([], [bar(0)])).out).toContain("extra");
  });

  test("wrong usage is 2, in one line", async () => {
    const there = file(lines(BINS));
    for (const args of [
      [],
      ["--bins", there],
      ["--bins", there, "--bars", join(dir, "absent")],
      ["--bins", there, "--bars", dir],
    ]) {
      const { code, err } = await call(["validate-aggregates", ...args]);
      expect([code, err.trim().split("\n").length]).toEqual([2, 1]);
    }
  });
});

describe.skipIf(!hasShared)("the reference's bins and bars", () => {
  const FOLDER = `${GOLDEN}/bins-and-bars`;
  const cases = ["", "edge/"].flatMap((under) =>
    filesIn(`${FOLDER}/${under}`, ".bars-1s.nofill.jsonl.gz").map(
      (name) => under + name.replace(".bars-1s.nofill.jsonl.gz", ""),
    ),
  );

  test("the vectors are there", () => expect(cases.length).toBeGreaterThanOrEqual(14));

  test.each(cases)("%s: equal; with one number changed, not", async (name) => {
    const bins = `${FOLDER}/${name}.bins.jsonl.gz`;
    const bars = `${FOLDER}/${name}.bars-1s.nofill.jsonl.gz`;
    const { code, out } = await validate(bins, bars);
    expect(out).toContain(" 0 missing, 0 extra, 0 mismatching");
    expect(code).toBe(0);
    const [header, ...rows] = readText(bars).trim().split("\n");
    const { columns } = JSON.parse(header!) as { columns: string[] };
    const changed = rows.map((row, i) => {
      const cells = JSON.parse(row) as (string | number)[];
      const at = columns.indexOf("volume");
      return JSON.stringify(i === rows.length - 1 ? cells.with(at, Number(cells[at]) + 0.001) : cells);
    });
    const answer = await validate(bins, file([header, ...changed].join("\n")), "--json");
    expect(answer.code).toBe(1);
    expect(answer.records.at(-1)).toMatchObject({ mismatch: 1, missing: 0, extra: 0 });
    const short = await validate(bins, file([header, ...rows.slice(1)].join("\n")), "--json");
    expect([short.code, short.records.at(-1)?.missing]).toEqual([1, 1]);
  });

  test("our capture of the reference's ticks gives bins and bars that agree", async () => {
    for (const name of filesIn(FOLDER, ".ticks.jsonl.gz")) {
      const out = { bins: join(dir, "bins"), bars: join(dir, "bars"), letters: join(dir, "letters") };
      const source = `${FOLDER}/${name}`;
      const args = ["--source", source, "--bins", out.bins, "--bars", out.bars, "--dead-letter", out.letters];
      expect((await call(["replay", "capture", ...args])).code).toBe(0);
      const { code, records } = await validate(out.bins, out.bars, "--json");
      expect([code, records.at(-1)?.mismatch]).toEqual([0, 0]);
    }
  });
});
