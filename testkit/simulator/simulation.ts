import { MARKET_PARTITIONS } from "../../core/partition.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { Checkpoints } from "../../core/ports/checkpoints.ts";
import type { Settings } from "../../core/settings/index.ts";
import { TOPICS } from "../../core/topics.ts";
import { SimCheckpoints } from "./checkpoints.ts";
import { drawFaults, FAULT_CODE, type FaultPlan, NO_FAULTS } from "./faults.ts";
import { drawSchedule, type Schedule } from "./market.ts";
import { Random } from "./random.ts";
import { aggregate, ingest, persist, type Reader, type RoleWorld, settingsOf, shares, Venue } from "./roles.ts";
import { Process, Scheduler } from "./scheduler.ts";
import { SimStore, type WriterStore } from "./store.ts";
import { SimTape } from "./tape.ts";

/** Parts that a test puts in place of the right ones, to see that the wrong ones are found out. */
export interface Parts {
  readonly bus?: (bus: Bus, role: string) => Bus;
  readonly checkpoints?: (checkpoints: Checkpoints) => Checkpoints;
  readonly store?: (store: WriterStore) => WriterStore;
}

export interface SimulationOptions {
  readonly seed: number;
  /** Length of the market, seconds of its own time. */
  readonly seconds?: number;
  readonly faults?: FaultPlan;
  readonly parts?: Parts;
  /** Receives the history line by line. */
  readonly tell?: (line: string) => void;
}

/** A finished run, for whoever judges it. */
export interface Finished {
  readonly seed: number;
  readonly settings: Settings;
  readonly schedule: Schedule;
  readonly tape: SimTape;
  readonly store: SimStore;
  readonly checkpoints: SimCheckpoints;
  readonly acked: number;
  /** Errors that no fault explains. */
  readonly failures: readonly string[];
  /** False: the pipeline did not come to rest although nothing disturbed it any more. */
  readonly settled: boolean;
  readonly crashes: number;
  readonly steps: number;
  readonly end_ms: number;
  /** Digest of every event in order. */
  readonly history: string;
}

const STEPS_MAX = 3_000_000;
const SETTLE_STEPS_MAX = 600_000;
/** Longer than any role waits for anything, shorter than the logs keep their records. */
const SETTLE_MS = 600_000;

interface Role {
  readonly name: string;
  readonly main: (world: RoleWorld, process: Process) => Promise<void>;
  process: Process | null;
  stop: AbortController;
  readers: readonly Reader[];
  life: number;
}

export async function simulate(options: SimulationOptions): Promise<Finished> {
  const { seed, seconds = 200, faults = drawFaults(seed), parts = {} } = options;
  const random = new Random(seed, "run");
  const schedule = drawSchedule(seed, seconds);
  const scheduler = new Scheduler(schedule.start_ms, random.stream("order"), options.tell ?? null);
  const tape = new SimTape(scheduler, faults, random.stream("tape"));
  const store = new SimStore(scheduler, faults, random.stream("store"));
  const checkpoints = new SimCheckpoints(scheduler, random.stream("checkpoints"));
  const venue = new Venue(schedule);
  const settings = settingsOf({
    CHECKPOINT_SEC: String(random.pick([1, 4, 15])),
    BAR_REVISE_MS: String(random.pick([20_000, 60_000, 900_000])),
  });
  await tape.inner.ensureTopics(Object.values(TOPICS));

  const failures: string[] = [];
  let healing = false;
  let stopping = false;
  let crashes = 0;

  const roles: Role[] = [
    role("ingest", (world) => ingest(world, venue)),
    role("persist", (world, process) => {
      const face = store.connect(process);
      return persist({ ...world, store: parts.store?.(face) ?? face }, (all) => setReaders("persist", all));
    }),
    ...shares(random.pick([1, 1, 2, 4])).map((mine, n) =>
      role(`aggregate-${n}`, (world, process) => {
        const own = checkpoints.open(process);
        const given = { ...world, checkpoints: parts.checkpoints?.(own) ?? own };
        return aggregate(given, mine, (all) => setReaders(`aggregate-${n}`, all));
      }),
    ),
  ];
  function setReaders(name: string, all: readonly Reader[]): void {
    roles.find((one) => one.name === name)!.readers = all;
  }

  function start(one: Role): void {
    const process = new Process(one.name, one.life++);
    one.process = process;
    one.stop = new AbortController();
    one.readers = [];
    if (!healing && one.name.startsWith("aggregate")) checkpoints.damage(faults);
    const bus = tape.connect(process);
    const world: RoleWorld = {
      bus: parts.bus?.(bus, one.name) ?? bus,
      clock: scheduler.clockOf(process),
      signal: one.stop.signal,
      settings,
      random: new Random(seed, `${one.name} ${process.life}`),
    };
    scheduler.note(`${one.name}.${process.life} starts`);
    one.main(world, process).then(
      () => {
        if (!process.isAlive) return;
        process.isAlive = false;
        scheduler.note(`${one.name}.${process.life} ends`);
      },
      (cause: unknown) => {
        if (!process.isAlive) return;
        if ((cause as { code?: unknown }).code !== FAULT_CODE) failures.push(`${one.name}: ${textOf(cause)}`);
        fall(one, process);
      },
    );
  }

  /** A life ends without a word; a supervisor begins the next one. */
  function fall(one: Role, process: Process): void {
    scheduler.kill(process);
    if (stopping) return;
    const wait_ms = healing ? 100 : random.pick([50, 1_000, 12_000]);
    scheduler.at(scheduler.now_ms + wait_ms, `${one.name} is started again`, () => start(one));
  }

  scheduler.onStep = (process) => {
    if (process.stepsToLive === null) return;
    if (process.stepsToLive-- > 0) return;
    crashes++;
    const one = roles.find((each) => each.process === process);
    if (one !== undefined) fall(one, process);
  };

  const when = (share: number): number => schedule.start_ms + Math.floor(share * (schedule.end_ms - schedule.start_ms));
  planFaults();
  for (const one of roles) start(one);
  const delivered = await scheduler.run(() => venue.isDone, STEPS_MAX);

  // Whatever has gone wrong, from here on nothing else does: what was acknowledged must come out whole.
  healing = true;
  scheduler.note("no more faults");
  store.isDead = false;
  store.plan = NO_FAULTS;
  tape.plan = NO_FAULTS;
  for (const one of roles) if (one.process !== null) one.process.stepsToLive = null;
  const last_ms = scheduler.now_ms + SETTLE_MS;
  await scheduler.run(() => isQuiet() || scheduler.now_ms > last_ms, SETTLE_STEPS_MAX);
  const settled = delivered && isQuiet();
  stopping = true;
  for (const one of roles) one.stop.abort();
  const ended = await scheduler.run(() => roles.every((one) => !one.process?.isAlive), SETTLE_STEPS_MAX);

  return {
    seed,
    settings,
    schedule,
    tape,
    store,
    checkpoints,
    acked: venue.acked,
    failures,
    settled: settled && ended,
    crashes,
    steps: scheduler.steps,
    end_ms: scheduler.now_ms,
    history: scheduler.history(),
  };

  /** Every reader is at the end of its log, the store too, and nothing is on its way. */
  function isQuiet(): boolean {
    if (!scheduler.isIdle) return false;
    const readers = roles.flatMap((one) => (one.name === "ingest" ? [] : one.readers));
    if (readers.length < MARKET_PARTITIONS + 1 + 6) return false;
    return readers.every(({ topic, partition, position }) => {
      const end = tape.end(topic, partition);
      const isStored = topic === TOPICS.market.name || topic === TOPICS.candidates.name || store.offset(topic) === end;
      return position === end && isStored;
    });
  }

  function planFaults(): void {
    for (let n = 0; n < faults.crashes; n++) {
      const of = random.pick(roles);
      const steps = random.below(60);
      scheduler.at(when(random.next() ** 0.7), `${of.name} is to fall in ${steps} steps`, () => {
        if (of.process !== null && !healing) of.process.stepsToLive = steps;
      });
    }
    for (const { at, for_ms } of faults.storeDead) {
      scheduler.at(when(at), "the store dies", () => {
        store.isDead = !healing;
      });
      scheduler.at(when(at) + for_ms, "the store is back", () => {
        store.isDead = false;
      });
    }
    for (let share = 0.1; share < 1; share += 0.2) {
      scheduler.at(when(share), "the store is backed up", () => store.backUp());
    }
    for (const at of faults.storeRestored) {
      scheduler.at(when(at), "the store loses its disk", () => {
        if (!healing) store.restore();
      });
    }
    for (const { at, for_ms } of faults.pauses) {
      scheduler.at(when(at), `the machine sleeps for ${for_ms} ms`, () => {
        scheduler.now_ms += for_ms;
      });
    }
    for (const { at, topic } of faults.holes) scheduler.at(when(at), "a disk block dies", () => makeHole(topic));
  }

  /** Records that some reader may still need are gone, as after damage or a retention that was too short. */
  function makeHole(kind: "market" | "outputs"): void {
    if (healing) return;
    const topic = kind === "market" ? TOPICS.market.name : random.pick([TOPICS.bars.name, TOPICS.alerts.name]);
    const partition = kind === "market" ? random.below(MARKET_PARTITIONS) : 0;
    const end = tape.end(topic, partition);
    // Something is left behind it: a hole at the very end is noticed by the next record.
    const to = Math.max(0, end - random.between(1, 40));
    tape.drop(topic, partition, Math.max(0, to - random.between(1, 250)), to);
  }
}

function role(name: string, main: Role["main"]): Role {
  return { name, main, process: null, stop: new AbortController(), readers: [], life: 0 };
}

const textOf = (cause: unknown): string => (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
