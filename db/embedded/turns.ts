import { TapebellError } from "../../core/errors.ts";

interface Job {
  readonly run: () => Promise<void>;
  /** Nobody waits for the answer after this. */
  readonly until_ms: number;
  readonly drop: (cause: Error) => void;
}

/** A reader never waits behind more than this many writes. */
const WRITES_IN_A_ROW = 8;

/**
 * Who may use the one connection next. Writers come first; readers get a turn after a few writes, and one whose caller
 * has stopped waiting is passed over. Bounded: who comes when it is full is told to come again.
 */
export class Turns {
  readonly #writes: Job[] = [];
  readonly #reads: Job[] = [];
  readonly #waiting_max: number;
  #running = false;
  #writesInARow = 0;
  #idle: (() => void)[] = [];

  constructor(waiting_max: number) {
    this.#waiting_max = waiting_max;
  }

  get waiting(): number {
    return this.#writes.length + this.#reads.length;
  }

  take<T>(kind: "write" | "read", until_ms: number, work: () => Promise<T>): Promise<T> {
    const queue = kind === "write" ? this.#writes : this.#reads;
    if (queue.length >= this.#waiting_max)
      return Promise.reject(
        new TapebellError("outside", "store_busy", `${queue.length} statements are waiting for the embedded database`, {
          hint: "ask again in a moment",
        }),
      );
    return new Promise<T>((resolve, reject) => {
      queue.push({ run: () => work().then(resolve, reject), until_ms, drop: reject });
      this.#go();
    });
  }

  /** Resolves when nothing runs or waits. */
  async drained(): Promise<void> {
    if (this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #go(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#loop();
  }

  async #loop(): Promise<void> {
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      if (job.until_ms < Date.now()) {
        job.drop(Object.assign(new Error("its turn did not come in time"), { code: "LANE_WAIT" }));
        continue;
      }
      await job.run();
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #next(): Job | undefined {
    const write = this.#writesInARow < WRITES_IN_A_ROW || this.#reads.length === 0 ? this.#writes.shift() : undefined;
    if (write !== undefined) {
      this.#writesInARow++;
      return write;
    }
    this.#writesInARow = 0;
    return this.#reads.shift();
  }
}
