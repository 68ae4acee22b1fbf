import { TapebellError } from "../../core/errors.ts";
import type { Param } from "../database.ts";
import { codeOf, connectionSurvives, fault, remedyFor } from "../faults.ts";
import { surely } from "../retry.ts";
import { Lane, type LaneOptions, type Rows } from "./lane.ts";

export interface LanesOptions extends LaneOptions {
  readonly lanes: number;
  /** Statements waiting for a lane, at most; more are refused. */
  readonly waiting_max: number;
}

/** The server's own limit comes first; ours is for a server that does not answer at all. */
const GRACE_MS = 500;

export type Run = (text: string, params: readonly Param[], asArrays: boolean) => Promise<Rows>;

/**
 * A few connections, one statement in flight on each. Every call has a deadline; a lane with any fault but a plain SQL
 * error is thrown away, and never is a statement cancelled: the socket is closed instead.
 */
export class Lanes {
  readonly options: LanesOptions;
  readonly #free: Lane[] = [];
  readonly #waiting: ((lane: Lane) => void)[] = [];
  readonly #all = new Set<Lane>();
  #idle: (() => void) | null = null;
  #ending = false;
  retries = 0;
  discarded = 0;
  /** What ended the newest statement; null as soon as one succeeds. */
  lastFault: unknown = null;

  constructor(options: LanesOptions) {
    this.options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** One statement, sent once. */
  run(text: string, params: readonly Param[], asArrays: boolean, limit_ms = this.options.statement_ms): Promise<Rows> {
    return this.withLane((run) => run(text, params, asArrays), limit_ms);
  }

  /** One statement that may be sent twice: sent until it is acknowledged, for as long as `give_up_ms`. */
  runSurely(text: string, params: readonly Param[], asArrays: boolean, give_up_ms: number): Promise<Rows> {
    return surely((left_ms) => this.run(text, params, asArrays, Math.min(this.options.statement_ms, left_ms)), {
      give_up_ms,
      stopped: () => this.#ending,
      onRetry: () => {
        this.retries++;
      },
    });
  }

  /** A lane to oneself, for what needs one session: a lock, a migration. */
  async withLane<T>(work: (run: Run) => Promise<T>, limit_ms = this.options.statement_ms): Promise<T> {
    const started = performance.now();
    const lane = await this.#take(limit_ms);
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      const left_ms = Math.max(1, limit_ms - (performance.now() - started)) + GRACE_MS;
      timer = setTimeout(() => reject(fault("DEADLINE", `no answer within ${Math.round(limit_ms)} ms`)), left_ms);
    });
    const working = work((text, params, asArrays) => lane.run(text, params, asArrays));
    working.catch(() => undefined); // it may end after the deadline has answered for it
    try {
      const result = await Promise.race([working, late]);
      this.lastFault = null;
      return result;
    } catch (cause) {
      // Our own errors (a migration that refuses) say nothing about the connection, but its session may hold a lock.
      if (!connectionSurvives(cause)) lane.dead = true;
      this.lastFault = cause;
      throw cause;
    } finally {
      clearTimeout(timer);
      this.#give(lane);
    }
  }

  /** Waits for what is under way or waiting, then leaves. */
  async end(limit_ms: number): Promise<void> {
    this.#ending = true;
    if (this.#busy > 0) {
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#idle = resolve;
        }),
        Bun.sleep(limit_ms),
      ]);
    }
    await Promise.all([...this.#all].map((lane) => (this.#free.includes(lane) ? lane.leave(1_000) : lane.destroy())));
    this.#all.clear();
    this.#free.length = 0;
  }

  get #busy(): number {
    return this.#all.size - this.#free.length + this.#waiting.length;
  }

  async #take(limit_ms: number): Promise<Lane> {
    if (this.#ending) throw fault("LANE_ENDED", "the store is closing");
    for (let lane = this.#free.pop(); lane !== undefined; lane = this.#free.pop()) {
      if (!lane.dead) return lane;
      this.#discard(lane);
    }
    if (this.#all.size < this.options.lanes) return this.#open();
    if (this.#waiting.length >= this.options.waiting_max)
      throw new TapebellError(
        "outside",
        "store_busy",
        `${this.#waiting.length} statements are waiting for the database`,
        {
          hint: "ask again in a moment",
        },
      );
    return await new Promise<Lane>((resolve, reject) => {
      const got = (lane: Lane): void => {
        clearTimeout(timer);
        resolve(lane);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(got), 1);
        reject(fault("LANE_WAIT", `no connection was free within ${Math.round(limit_ms)} ms`));
      }, limit_ms);
      this.#waiting.push(got);
    });
  }

  #give(lane: Lane): void {
    const next = this.#waiting.shift();
    if (lane.dead) {
      this.#discard(lane);
      if (next !== undefined) next(this.#open());
    } else if (next !== undefined) next(lane);
    else this.#free.push(lane);
    if (this.#busy === 0) this.#idle?.();
  }

  #open(): Lane {
    const lane = new Lane(this.options);
    this.#all.add(lane);
    return lane;
  }

  #discard(lane: Lane): void {
    this.#all.delete(lane);
    this.discarded++;
    lane.destroy();
  }
}

/** Whether a fault says that the server is away or unfit, and not that one statement was wrong. */
export function isOutage(cause: unknown): boolean {
  return cause !== null && (remedyFor(cause) !== "give_up" || /^(28|3D)/.test(codeOf(cause)));
}
