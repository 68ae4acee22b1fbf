import type { Checkpoint, Checkpoints, Saved } from "../../core/ports/checkpoints.ts";
import type { FaultPlan } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Process, Scheduler } from "./scheduler.ts";

const KEPT = 2;
/** Of each key one in so many is set aside, to come back as a very old one. */
const ASIDE_EVERY = 3;

interface Kept {
  readonly body: string;
  isTorn: boolean;
}

/** What was saved once: its state must be that of an uninterrupted run at the same position. */
export interface SavedState {
  readonly key: string;
  readonly position: number;
  /** Hash of the state's bytes. */
  readonly state: string;
}

export const hashOf = (text: string): string => Bun.hash(text).toString(16);

/** The place checkpoints are kept in, and what can befall it. */
export class SimCheckpoints {
  readonly history: SavedState[] = [];
  /** Keys that had to start from nothing although they had run before. */
  readonly cold = new Set<string>();
  private readonly loaded = new Set<string>();
  private readonly kept = new Map<string, Kept[]>();
  private readonly aside = new Map<string, Kept[]>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
  ) {}

  open(process: Process): Checkpoints {
    /** Saves of one key are made one after the other. */
    const lines = new Map<string, Promise<Saved>>();
    const save = async (key: string, body: string): Promise<Saved> => {
      const checkpoint = JSON.parse(body) as Checkpoint;
      await this.scheduler.turn(process, `saves ${key} at ${checkpoint.position}`);
      this.keep(key, body, checkpoint);
      await this.scheduler.turn(process, `has saved ${key}`);
      return { bytes: body.length, busy_ms: 0 };
    };
    return {
      save: (key, checkpoint) => {
        const body = JSON.stringify(checkpoint);
        const line = (lines.get(key) ?? Promise.resolve(null)).then(() => save(key, body));
        lines.set(key, line);
        return line;
      },
      load: async (key) => {
        await this.scheduler.turn(process, `loads ${key}`);
        const saved = this.kept.get(key) ?? [];
        const torn = saved.filter((one) => one.isTorn);
        const found = saved.filter((one) => !one.isTorn).map((one) => JSON.parse(one.body) as Checkpoint);
        if (found.length === 0 && this.loaded.has(key)) {
          this.cold.add(key);
          // What was said since the cold start follows from no checkpoint before it: none of those comes back.
          this.aside.delete(key);
        }
        this.loaded.add(key);
        return { found, problems: torn.map(() => `${key}: a checkpoint is torn`) };
      },
      close: async () => undefined,
    };
  }

  /** What happens to the storage while nobody looks. */
  damage(plan: FaultPlan): void {
    for (const [key, saved] of this.kept) {
      const befalls = (what: string, chance: number): boolean => {
        if (!this.random.chance(chance) || saved.length === 0) return false;
        this.scheduler.note(`checkpoint ${key} ${what}`);
        return true;
      };
      if (befalls("is torn", plan.checkpointTorn)) saved[0]!.isTorn = true;
      if (befalls("is missing", plan.checkpointMissing)) saved.shift();
      const aside = this.aside.get(key);
      if (aside !== undefined && befalls("is an old one", plan.checkpointOld))
        saved.splice(0, saved.length, { ...this.random.pick(aside) });
      if (befalls("and all before it are gone", plan.checkpointsGone)) saved.length = 0;
    }
  }

  private keep(key: string, body: string, checkpoint: Checkpoint): void {
    const saved = this.kept.get(key) ?? [];
    this.kept.set(key, [{ body, isTorn: false }, ...saved].slice(0, KEPT));
    const state = hashOf(JSON.stringify(checkpoint.state));
    this.history.push({ key, position: checkpoint.position, state });
    if (this.history.length % ASIDE_EVERY === 0) {
      this.aside.set(key, [...(this.aside.get(key) ?? []), { body, isTorn: false }].slice(-4));
    }
  }
}
