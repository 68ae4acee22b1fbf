import { describe, expect, test } from "bun:test";
import { type Metrics, Metrics as MetricsSchema, type PriceRecord } from "../../messages/index.ts";
import { priceWindowCase, priceWindowFiles } from "../../test-support/price-window.ts";
import { hasShared } from "../../test-support/shared.ts";
import { isoOffset } from "../../text/time.ts";
import { METRICS_SETTINGS, type MetricsSettings, metrics, windowSpecs } from "./index.ts";

function run(settings: MetricsSettings, prices: readonly PriceRecord[]): Metrics[] {
  const state = metrics.init(settings);
  return prices.flatMap((price) => {
    const out: Metrics[] = [];
    metrics.step(state, price, (row) => out.push(row));
    return out;
  });
}

describe.skipIf(!hasShared)("the price window answers as the reference does", () => {
  const files = priceWindowFiles();
  test("the vectors are there", () => expect(files.length).toBeGreaterThan(30));

  for (const file of files) {
    test(file, () => {
      const { pipeline, hasBadPrices, max_gap_factor, late_tolerance_sec, prices, differences } = priceWindowCase(file);
      // Zero and negative prices never get here: they are refused at the door.
      if (hasBadPrices) return expect(file).toMatch(/zero-price|negative-price/);
      const settings: MetricsSettings = {
        ...METRICS_SETTINGS,
        max_gap_factor,
        duplicate_time: pipeline ? "first" : "last",
        late_tolerance_ms: pipeline ? late_tolerance_sec * 1_000 : null,
        every_input: true,
      };
      expect(differences(run(settings, prices)).slice(0, 10)).toEqual([]);
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
