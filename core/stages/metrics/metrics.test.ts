import { describe, expect, test } from "bun:test";
import { type Metrics, Metrics as MetricsSchema, type PriceRecord } from "../../messages/index.ts";
import { filesIn, GOLDEN, hasShared, jsonLines } from "../../test-support/shared.ts";
import { isoOffset } from "../../text/time.ts";
import { METRICS_SETTINGS, type MetricsSettings, metrics, windowSpecs } from "./index.ts";

type Cell = number | boolean | string | null;

function run(settings: MetricsSettings, prices: readonly PriceRecord[]): Metrics[] {
  const state = metrics.init(settings);
  return prices.flatMap((price) => {
    const out: Metrics[] = [];
    metrics.step(state, price, (row) => out.push(row));
    return out;
  });
}

const near = (a: Cell, b: Cell, relative: number, floor: number): boolean =>
  typeof a === "number" && typeof b === "number" ? Math.abs(a - b) <= relative * Math.max(Math.abs(b), floor) : a === b;

describe.skipIf(!hasShared)("the price window answers as the reference does", () => {
  const folders = ["price-window", "price-window/edge"];
  const files = folders.flatMap((f) => filesIn(`${GOLDEN}/${f}`, ".jsonl.gz").map((name) => `${f}/${name}`));
  test("the vectors are there", () => expect(files.length).toBeGreaterThan(30));

  for (const file of files) {
    test(file, () => {
      const [head, ...rows] = jsonLines(`${GOLDEN}/${file}`) as [
        { mode: string; columns: string[]; params: Record<string, number | string | null> },
        ...Cell[][],
      ];
      const pipeline = head.mode === "pipeline";
      const column = new Map(head.columns.map((name, i) => [name, i]));
      const cell = (row: Cell[], name: string): Cell => row[column.get(name)!] ?? null;
      const usable = rows.filter((row) => Number(cell(row, "price")) > 0);
      // Zero and negative prices never get here: they are refused at the door.
      if (usable.length < rows.length) return expect(file).toMatch(/zero-price|negative-price/);
      const settings: MetricsSettings = {
        ...METRICS_SETTINGS,
        max_gap_factor: Number(head.params.window_max_gap_factor),
        duplicate_time: pipeline ? "first" : "last",
        late_tolerance_ms: pipeline ? Number(head.params.late_price_tolerance_sec) * 1_000 : null,
        every_input: true,
      };
      const prices = rows.map(
        (row): PriceRecord => ({
          kind: "price",
          symbol: String(cell(row, "symbol")),
          price: Number(cell(row, "price")),
          time: isoOffset(Number(cell(row, "t_ms"))),
        }),
      );
      const ours = run(settings, prices);
      expect(ours.length).toBe(rows.length);
      const wrong: string[] = [];
      const noise = new Map<string, number>();
      rows.forEach((row, i) => {
        const mine = ours[i]!;
        const check = (name: string, ok: boolean): void => {
          if (!ok) wrong.push(`row ${i} ${name}: ${mine[name]} instead of ${cell(row, name)}`);
        };
        if (pipeline) check("action", mine.action === cell(row, "action"));
        const zdeg = Number(cell(row, "zdeg"));
        check("attention", near(mine.attention, cell(row, "attention"), 1e-9, 1e-6));
        ["1m", "5m", "15m"].forEach((label, w) => {
          for (const name of [`return_${label}`, `vol_${label}`, `p05_return_${label}`, `p95_return_${label}`])
            check(name, near(mine[name]!, cell(row, name), 1e-9, 1e-6));
          const key = `${cell(row, "symbol")} ${label}`;
          const flatReturns = (zdeg & (1 << (2 * w))) !== 0;
          const flatVols = (zdeg & (2 << (2 * w))) !== 0;
          if (flatReturns) {
            noise.set(key, 130);
            expect(mine[`return_z_${label}`]).toBeNull();
          } else check(`return_z_${label}`, near(mine[`return_z_${label}`]!, cell(row, `return_z_${label}`), 1e-7, 1));
          if (cell(row, `return_z_ewma_${label}`) === null) noise.delete(key);
          if (flatVols) expect(mine[`vol_z_${label}`]).toBeNull();
          else {
            const theirs = cell(row, `vol_z_${label}`);
            check(`vol_z_${label}`, near(mine[`vol_z_${label}`]!, theirs, 1e-7, 1));
            if (typeof theirs !== "number" || Math.abs(theirs - 3) >= 1e-7)
              check(`vol_spike_${label}`, mine[`vol_spike_${label}`] === cell(row, `vol_spike_${label}`));
          }
          const left = noise.get(key) ?? 0;
          if (left > 0) noise.set(key, left - 1);
          else
            check(
              `return_z_ewma_${label}`,
              near(mine[`return_z_ewma_${label}`]!, cell(row, `return_z_ewma_${label}`), 1e-7, 1),
            );
        });
      });
      expect(wrong.slice(0, 10)).toEqual([]);
    });
  }
});

describe("windows", () => {
  const at = (s: number, price: number): PriceRecord => ({
    kind: "price",
    symbol: "X",
    price,
    time: isoOffset(1_700_000_000_000 + s * 1_000),
  });

  test("any labels; a limit nobody gave lies on the curve of the known ones", () => {
    const windows = windowSpecs(["30s", "1m", "1h"], { "30S": 0.02 });
    expect(windows.map((w) => [w.label, w.ms, w.threshold])).toEqual([
      ["30s", 30_000, 0.02],
      ["1m", 60_000, 0.05],
      ["1h", 3_600_000, 0.1879],
    ]);
    const row = run({ ...METRICS_SETTINGS, windows }, [at(0, 100), at(10, 101)]).at(-1)!;
    expect(row.return_30s).toBeCloseTo(0.01, 12);
    expect(row.coverage_30s).toBeCloseTo(1 / 3, 12);
    expect(row.attention).toBeCloseTo(0.5, 12);
  });

  test("labels that are none are refused with the mend", () => {
    for (const labels of [[], ["1m", "1m"], ["0m"], ["5"], ["2d"], ["1m "]])
      expect(() => windowSpecs(labels)).toThrow("WINDOW_LABELS");
  });

  test("a gap factor below one wants a whole window", () => {
    const settings = { ...METRICS_SETTINGS, max_gap_factor: 0.5, windows: windowSpecs(["1m"]) };
    const rows = (seconds: number[]) =>
      run(
        settings,
        seconds.map((s) => at(s, 100 + s)),
      ).map((r) => r.return_1m !== null);
    expect(rows([0, 20, 29, 30])).toEqual([false, false, false, true]);
    expect(rows([0, 30, 61, 62])).toEqual([false, true, false, false]);
  });

  test("what changes nothing is counted, and has a row only where each input wants one", () => {
    const input = [at(0, 100), at(1, 101), at(1, 102), at(0.5, 99)];
    const state = metrics.init(METRICS_SETTINGS);
    const out: Metrics[] = [];
    for (const p of input) metrics.step(state, p, (row) => out.push(row));
    expect([out.length, state.duplicate, state.late]).toEqual([2, 1, 1]);
    const all = run({ ...METRICS_SETTINGS, every_input: true }, input);
    expect(all.map((r) => r.action)).toEqual(["processed", "processed", "duplicate", "late"]);
    expect(all.at(-1)).toMatchObject({ return_1m: null, attention: null });
    for (const row of all) expect(MetricsSchema.safeParse(row).error).toBeUndefined();
  });
});
