import { TapebellError } from "../../core/errors.ts";
import { Random } from "./random.ts";

/** Which kinds of faults a run may meet; all that is drawn comes from the seed. */
export interface FaultPlan {
  /** Crashes of any role at any step. */
  readonly crashes: number;
  /** Share of publishes the bus refuses, and of those it carries out and reports as refused. */
  readonly refused: number;
  readonly doneButRefused: number;
  /** Share of calls that take long, and how long at most. */
  readonly slow: number;
  readonly slow_ms: number;
  /** Share of store writes refused, and of those done and reported as refused. */
  readonly storeRefused: number;
  readonly storeDoneButRefused: number;
  /** The store answers nothing but errors for so long. */
  readonly storeDead: readonly { readonly at: number; readonly for_ms: number }[];
  /** The store is put back to an older state (share of the run at which it happens). */
  readonly storeRestored: readonly number[];
  /** Chance, per restart and key, that the newest checkpoint is torn, gone, or replaced by an old one; that all are gone. */
  readonly checkpointTorn: number;
  readonly checkpointMissing: number;
  readonly checkpointOld: number;
  readonly checkpointsGone: number;
  /** Parts of logs vanish. */
  readonly holes: readonly { readonly at: number; readonly topic: "market" | "outputs" }[];
  /** The machine sleeps: time passes and nothing happens. */
  readonly pauses: readonly { readonly at: number; readonly for_ms: number }[];
}

export const NO_FAULTS: FaultPlan = {
  crashes: 0,
  refused: 0,
  doneButRefused: 0,
  slow: 0,
  slow_ms: 0,
  storeRefused: 0,
  storeDoneButRefused: 0,
  storeDead: [],
  storeRestored: [],
  checkpointTorn: 0,
  checkpointMissing: 0,
  checkpointOld: 0,
  checkpointsGone: 0,
  holes: [],
  pauses: [],
};

const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

export function drawFaults(seed: number): FaultPlan {
  const random = new Random(seed, "faults");
  const some = (chance: number, most: number): number => (random.chance(chance) ? most * random.next() : 0);
  return {
    crashes: random.between(2, 16),
    refused: some(0.6, 0.001),
    doneButRefused: some(0.7, 0.002),
    slow: some(0.8, 0.02),
    slow_ms: random.pick([20, 300, 4_000]),
    storeRefused: some(0.7, 0.1),
    storeDoneButRefused: some(0.7, 0.1),
    storeDead: times(random.below(3), () => ({ at: random.next(), for_ms: random.between(500, 30_000) })),
    storeRestored: times(random.below(3), () => random.next()),
    checkpointTorn: some(0.6, 0.5),
    checkpointMissing: some(0.6, 0.5),
    checkpointOld: some(0.6, 0.5),
    checkpointsGone: some(0.3, 0.1),
    holes: times(random.chance(0.3) ? random.between(1, 3) : 0, () => ({
      at: random.next(),
      topic: random.pick(["market", "outputs"] as const),
    })),
    pauses: times(random.below(3), () => ({ at: random.next(), for_ms: random.between(200, 25_000) })),
  };
}

/** Every error a fault makes carries this code, so that any other error is one of the pipeline's own. */
export const FAULT_CODE = "simulated_fault";

export const fault = (what: string): TapebellError => new TapebellError("outside", FAULT_CODE, what);
