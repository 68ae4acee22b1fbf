import type { Clock } from "../../core/ports/clock.ts";
import type { StopSignal } from "../../core/ports/signal.ts";
import type { Random } from "./random.ts";

/** One life of a role. Killed, nothing it waits for ever comes: its memory is gone, as after kill -9. */
export class Process {
  isAlive = true;
  /** Counts down to a crash; null: none is due. */
  stepsToLive: number | null = null;

  constructor(
    readonly name: string,
    readonly life: number,
  ) {}
}

interface Step {
  readonly process: Process;
  readonly what: string;
  readonly go: () => void;
}
interface Timer extends Step {
  readonly at_ms: number;
  /** A call under way, not a process that sleeps. */
  readonly isCall: boolean;
  isOff: boolean;
}

const never = (): Promise<never> => new Promise(() => undefined);

/** Everything that can go on without anything new from outside has gone on. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Owns time and the order of events. Whatever a process does with the world waits here for its turn; among those that
 * wait the seed chooses. Time passes only when nothing waits. No real clock, no real randomness: one seed, one history.
 */
export class Scheduler {
  now_ms: number;
  steps = 0;
  /** Sees each step before it is taken; may kill the process. */
  onStep: (process: Process) => void = () => undefined;
  private readonly waiting: Step[] = [];
  private readonly timers: Timer[] = [];
  private readonly digest = new Bun.CryptoHasher("sha256");

  constructor(
    start_ms: number,
    private readonly random: Random,
    /** Receives every event as one line; the digest is made of the same lines. */
    private readonly tell: ((line: string) => void) | null = null,
  ) {
    this.now_ms = start_ms;
  }

  /** Nobody waits for an answer. */
  get isIdle(): boolean {
    return this.waiting.length === 0 && !this.timers.some((timer) => timer.isCall && !timer.isOff);
  }

  /** Resolves when it is this process's turn to do `what`. */
  turn(process: Process, what: string, delay_ms = 0): Promise<void> {
    if (!process.isAlive) return never();
    return new Promise((go) => {
      if (delay_ms > 0) this.addTimer({ process, what, go }, this.now_ms + delay_ms, true);
      else this.waiting.push({ process, what, go });
    });
  }

  clockOf(process: Process): Clock {
    return {
      now: () => this.now_ms,
      sleep: (ms: number, signal?: StopSignal) => {
        if (!process.isAlive) return never();
        if (signal?.aborted) return Promise.resolve();
        return new Promise<void>((resolve) => {
          const timer = this.addTimer({ process, what: "wakes", go: () => done() }, this.now_ms + Math.max(0, ms));
          const done = (): void => {
            timer.isOff = true;
            signal?.removeEventListener("abort", done);
            resolve();
          };
          signal?.addEventListener("abort", done);
        });
      },
    };
  }

  /** The world's own doings: faults, restarts. */
  at(at_ms: number, what: string, go: () => void): void {
    this.addTimer({ process: WORLD, what, go }, Math.max(at_ms, this.now_ms));
  }

  kill(process: Process): void {
    process.isAlive = false;
    this.note(`${process.name}.${process.life} is killed`);
    const others = this.waiting.filter((step) => step.process !== process);
    this.waiting.splice(0, this.waiting.length, ...others);
    for (const timer of this.timers) if (timer.process === process) timer.isOff = true;
  }

  /** Runs until `done`; false when nothing is left to do, or after `stepsMax` steps. */
  async run(done: () => boolean, stepsMax: number): Promise<boolean> {
    const last = this.steps + stepsMax;
    for (;;) {
      await quiet();
      if (done()) return true;
      this.wakeTimers();
      if (this.waiting.length === 0) {
        const next = this.timers.find((timer) => !timer.isOff);
        if (next === undefined) return false;
        this.now_ms = Math.max(this.now_ms, next.at_ms);
        continue;
      }
      if (this.steps >= last) return false;
      this.take();
    }
  }

  /** What happened, as one line of the history. */
  note(what: string): void {
    const line = `${this.now_ms} ${what}\n`;
    this.digest.update(line);
    this.tell?.(line);
  }

  /** Digest of the history so far. */
  history(): string {
    return this.digest.copy().digest("hex");
  }

  private take(): void {
    const index = this.random.below(this.waiting.length);
    const step = this.waiting[index]!;
    this.waiting[index] = this.waiting[this.waiting.length - 1]!;
    this.waiting.pop();
    this.steps++;
    if (step.process !== WORLD) this.onStep(step.process);
    if (!step.process.isAlive) return;
    this.note(`${step.process.name}.${step.process.life} ${step.what}`);
    step.go();
  }

  private wakeTimers(): void {
    let due = 0;
    while (due < this.timers.length && this.timers[due]!.at_ms <= this.now_ms) due++;
    for (const timer of this.timers.splice(0, due)) if (!timer.isOff) this.waiting.push(timer);
  }

  private addTimer(step: Step, at_ms: number, isCall = false): Timer {
    const timer: Timer = { ...step, at_ms, isCall, isOff: false };
    let place = this.timers.length;
    while (place > 0 && this.timers[place - 1]!.at_ms > at_ms) place--;
    this.timers.splice(place, 0, timer);
    return timer;
  }
}

const WORLD = new Process("world", 0);
