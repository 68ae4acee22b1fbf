import type { Position } from "../../../core/ports/bus.ts";
import type { BusProblem, Report } from "../problems.ts";
import type { Segment } from "./segment.ts";
import type { Absent } from "./segment-chain.ts";

type Lost = BusProblem["lost"];

/** Puts what a log has lost into words and positions. */
export class Losses {
  constructor(
    private readonly topic: string,
    private readonly now: () => number,
    private readonly report: Report,
  ) {}

  /** Found at the start. Neighbours among the absent are one loss. */
  absent(
    absent: readonly Absent[],
    segments: readonly Segment[],
    start: readonly Position[],
    next: readonly Position[],
  ): void {
    const runs = Map.groupBy(absent, ({ number }) => segments.filter((segment) => segment.number < number).length);
    for (const [index, run] of runs) {
      const before = segments[index - 1];
      const after = segments[index];
      const lost = next.map((end, partition) => ({
        partition,
        from: before?.content.next[partition] ?? start[partition] ?? 0,
        to: after?.about.base[partition] ?? end,
      }));
      this.corrupt(run, lost);
    }
  }

  /** Found while it was read or written. */
  discarded(absent: Absent, { about, content }: Segment): void {
    const lost = content.next.map((to, partition) => ({ partition, from: about.base[partition]!, to }));
    this.corrupt([absent], lost);
  }

  /** The newest segment ends before the log did. */
  short(found: readonly Position[], next: readonly Position[], powerLoss: boolean): void {
    const lost = next.flatMap((to, partition) =>
      to > found[partition]! ? [{ partition, from: found[partition]!, to }] : [],
    );
    if (lost.length === 0) return;
    if (powerLoss)
      this.say(
        "power_loss",
        `the machine stopped before ${this.topic} was closed: the last moments before may be missing; ` +
          `positions go on at ${lost[0]!.to}. BUS_FSYNC=always keeps every acked record`,
        lost,
      );
    else this.say("records_lost", `the newest segment of ${this.topic} is shorter than it was: ${inWords(lost)}`, lost);
  }

  disk(what: string, cause: unknown): void {
    this.say("disk", `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, []);
  }

  private corrupt(run: readonly Absent[], ranges: Lost): void {
    const lost = ranges.filter(({ from, to }) => to > from);
    const what = run.map(({ number, path, why }) => `${number} (${why}${path === undefined ? "" : `; now ${path}`})`);
    const text =
      `segment ${what.join(", ")} of ${this.topic} cannot be read: ${inWords(lost)}; ` +
      "the rest of the log is kept and positions are not reused";
    this.say("segment_corrupt", text, lost, run.find(({ path }) => path !== undefined)?.path);
  }

  private say(code: BusProblem["code"], text: string, lost: Lost, path?: string): void {
    const problem = { at_ms: this.now(), topic: this.topic, code, text, lost };
    this.report(path === undefined ? problem : { ...problem, path });
  }
}

function inWords(lost: Lost): string {
  if (lost.length === 0) return "no record was lost";
  const all = lost.map(({ partition, from, to }) => `${from} to ${to - 1} of partition ${partition}`);
  return `lost positions ${all.join(", ")}`;
}
