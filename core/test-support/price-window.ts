import type { Metrics, PriceRecord } from "../messages/index.ts";
import { isoOffset } from "../text/time.ts";
import { filesIn, GOLDEN, jsonLines } from "./shared.ts";

type Cell = number | boolean | string | null;

/** One file of reference vectors of the price window. */
export interface PriceWindowCase {
  readonly file: string;
  /** The whole consumer's path, or the window alone, where every price is put in its place. */
  readonly pipeline: boolean;
  readonly max_gap_factor: number;
  readonly late_tolerance_sec: number;
  readonly prices: readonly PriceRecord[];
  /** Prices nobody could have paid are among them: those are refused at the door, the numbers then differ. */
  readonly hasBadPrices: boolean;
  /** What is wrong with our rows, in words. */
  differences(ours: readonly Metrics[]): string[];
}

export function priceWindowFiles(): string[] {
  const folders = ["price-window", "price-window/edge"];
  return folders.flatMap((f) => filesIn(`${GOLDEN}/${f}`, ".jsonl.gz").map((name) => `${f}/${name}`));
}

const near = (a: Cell, b: Cell, relative: number, floor: number): boolean =>
  typeof a === "number" && typeof b === "number" ? Math.abs(a - b) <= relative * Math.max(Math.abs(b), floor) : a === b;

export function priceWindowCase(file: string): PriceWindowCase {
  const [head, ...rows] = jsonLines(`${GOLDEN}/${file}`) as [
    { mode: string; columns: string[]; params: Record<string, number | string | null> },
    ...Cell[][],
  ];
  const pipeline = head.mode === "pipeline";
  const column = new Map(head.columns.map((name, i) => [name, i]));
  const cell = (row: Cell[], name: string): Cell => row[column.get(name)!] ?? null;
  return {
    file,
    pipeline,
    max_gap_factor: Number(head.params.window_max_gap_factor),
    late_tolerance_sec: Number(head.params.late_price_tolerance_sec),
    prices: rows.map((row) => ({
      kind: "price",
      symbol: String(cell(row, "symbol")),
      price: Number(cell(row, "price")),
      time: isoOffset(Number(cell(row, "t_ms"))),
    })),
    hasBadPrices: rows.some((row) => !(Number(cell(row, "price")) > 0)),
    differences(ours) {
      const wrong: string[] = ours.length === rows.length ? [] : [`${ours.length} rows instead of ${rows.length}`];
      const noise = new Map<string, number>();
      rows.forEach((row, i) => {
        const mine = ours[i];
        if (mine === undefined) return;
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
          const z = `return_z_${label}`;
          const ewma = `return_z_ewma_${label}`;
          const vol = `vol_z_${label}`;
          // Where the history has no real spread the reference's z is rounding noise; ours is null there.
          const flatReturns = (zdeg & (1 << (2 * w))) !== 0;
          const flatVols = (zdeg & (2 << (2 * w))) !== 0;
          if (flatReturns) noise.set(key, 130);
          check(z, flatReturns ? mine[z] === null : near(mine[z]!, cell(row, z), 1e-7, 1));
          if (cell(row, ewma) === null) noise.delete(key);
          const theirs = cell(row, vol);
          check(vol, flatVols ? mine[vol] === null : near(mine[vol]!, theirs, 1e-7, 1));
          const isClear = typeof theirs !== "number" || Math.abs(theirs - 3) >= 1e-7;
          const spike = `vol_spike_${label}`;
          if (!flatVols && isClear) check(spike, mine[spike] === cell(row, spike));
          const left = noise.get(key) ?? 0;
          if (left > 0) noise.set(key, left - 1);
          else check(ewma, near(mine[ewma]!, cell(row, ewma), 1e-7, 1));
        });
      });
      return wrong;
    },
  };
}
