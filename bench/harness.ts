import { cpus, totalmem } from "node:os";
import { version } from "../package.json";

export type Size = "smoke" | "full";
export type Figures = Readonly<Record<string, number>>;

/** A promise about one figure, judged at full size only: a smoke run is too small to mean anything. */
export interface Target {
  readonly figure: string;
  readonly min?: number;
  readonly max?: number;
}

export interface Measured {
  /** Of what was computed, not of how fast: nobody makes a workload quicker by changing its result. */
  readonly result_hash: string;
  readonly figures: Figures;
  /** Someone else doing the same work in the same run; its result hash must be ours. */
  readonly peer: { readonly name: string; readonly result_hash: string; readonly figures: Figures };
  /** Versions of what was measured, beside Bun and Tapebell. */
  readonly versions?: Readonly<Record<string, string>>;
}

export interface Workload {
  readonly name: string;
  readonly targets: readonly Target[];
  run(size: Size): Promise<Measured>;
}

export interface Line extends Measured {
  readonly bench: string;
  readonly size: Size;
  readonly date: string;
  readonly command: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memory_gib: number; readonly os: string };
  readonly versions: Readonly<Record<string, string>>;
  /** Ours ÷ the peer's, for each figure both have. Ratios travel between machines, absolute rates do not. */
  readonly ratios: Figures;
  readonly targets: readonly (Target & { readonly met: boolean | null })[];
}

export async function measure(workload: Workload, size: Size): Promise<Line> {
  const date = new Date().toISOString();
  const measured = await workload.run(size);
  if (measured.result_hash !== measured.peer.result_hash)
    throw new Error(
      `${workload.name}: our result ${measured.result_hash} is not ${measured.peer.name}'s ${measured.peer.result_hash}`,
    );
  return {
    bench: workload.name,
    size,
    date,
    command: `bun run bench ${workload.name}${size === "smoke" ? " --smoke" : ""}`,
    machine: {
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      cores: cpus().length,
      memory_gib: Math.round(totalmem() / 2 ** 30),
      os: `${process.platform} ${process.arch}`,
    },
    ...measured,
    versions: { tapebell: version, bun: Bun.version, ...measured.versions },
    ratios: ratios(measured.figures, measured.peer.figures),
    targets: workload.targets.map((target) => ({
      ...target,
      met: size === "smoke" ? null : isMet(target, measured.figures),
    })),
  };
}

/** What a workload file does when it is run by itself: one JSON line; exit 1 when a target is missed. */
export async function main(workload: Workload): Promise<void> {
  const line = await measure(workload, process.argv.includes("--smoke") ? "smoke" : "full");
  console.log(JSON.stringify(line));
  process.exit(line.targets.some(({ met }) => met === false) ? 1 : 0);
}

/** The value below which a share of the sorted values lies. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

function ratios(ours: Figures, theirs: Figures): Figures {
  const shared = Object.keys(ours).filter((name) => (theirs[name] ?? 0) > 0);
  return Object.fromEntries(shared.map((name) => [name, round(ours[name]! / theirs[name]!, 3)]));
}

function isMet({ figure, min, max }: Target, figures: Figures): boolean {
  const value = figures[figure];
  if (value === undefined) throw new Error(`there is a target for ${figure}, but no such figure`);
  return value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY);
}
