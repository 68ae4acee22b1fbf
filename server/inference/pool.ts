import { invariant } from "../../core/errors.ts";
import type { Answer } from "./evaluator.ts";
import { firstLine } from "./evaluator.ts";
import type { Model } from "./model-file.ts";
import type { FromModelThread, ToModelThread } from "./model-thread.ts";

export type CallFault = "timeout" | "crashed" | "load";

/** A call that brought no answers at all. */
export class ModelFault extends Error {
  constructor(
    readonly fault: CallFault,
    message: string,
  ) {
    super(message);
  }
}

export interface PoolSettings {
  readonly size: number;
  /** How long one row may take. */
  readonly timeout_ms: number;
}

/** What a pool needs of a thread; a test's may be something else. */
export interface ModelThread {
  post(message: ToModelThread): void;
  terminate(): void;
}
export type SpawnModelThread = (heard: (message: FromModelThread) => void, ended: (why: string) => void) => ModelThread;

const LOAD_MAX_MS = 30_000;
const LOOKS_PER_TIMEOUT = 4;

const spawnThread: SpawnModelThread = (heard, ended) => {
  const worker = new Worker(new URL("model-thread.ts", import.meta.url).href, { name: "model" });
  worker.onmessage = (event: MessageEvent<FromModelThread>) => heard(event.data);
  worker.onerror = (event) => ended(event.message);
  worker.addEventListener("close", () => ended("its thread ended"));
  return { post: (message) => worker.postMessage(message), terminate: () => worker.terminate() };
};

interface Seat {
  thread: ModelThread;
  readonly done: Int32Array<SharedArrayBuffer>;
  /** Resolves with what it says next, or rejects with why it will say nothing. */
  pending: PromiseWithResolvers<FromModelThread> | null;
  ready: Promise<void>;
  ended: boolean;
}

/**
 * Threads that evaluate one model. One that hangs or falls is ended and another takes its seat: what a model has
 * done to its memory goes with it.
 */
export class ModelPool {
  private readonly free: Seat[] = [];
  private readonly seats = new Set<Seat>();
  private isClosed = false;
  /** Threads ended because they were of no more use. */
  replaced = 0;

  constructor(
    private readonly model: Model,
    private readonly settings: PoolSettings,
    private readonly spawn: SpawnModelThread = spawnThread,
  ) {}

  /** Starts the threads. Rejects with `ModelFault` when the runtime refuses the model. */
  async open(): Promise<void> {
    const seats = Array.from({ length: this.settings.size }, () => this.seat());
    try {
      await Promise.all(seats.map((seat) => seat.ready));
    } catch (cause) {
      this.close();
      throw cause;
    }
    this.free.push(...seats);
  }

  /** Rows one after the other; at most `size` calls at a time. */
  async run(rows: Float64Array<ArrayBuffer>): Promise<{ readonly answers: readonly Answer[]; readonly ms: number }> {
    const seat = this.free.pop();
    invariant(seat !== undefined, "a model is not asked by more callers than it has threads");
    let isWhole = false;
    try {
      await seat.ready;
      const width = this.model.features.length;
      const said = await this.ask(seat, { t: "run", rows, width }, this.settings.timeout_ms);
      if (said.t !== "answers") throw new ModelFault("crashed", "text" in said ? said.text : "it did not answer");
      isWhole = true;
      return said;
    } finally {
      this.free.push(isWhole ? seat : this.replace(seat));
    }
  }

  close(): void {
    this.isClosed = true;
    for (const seat of this.seats) this.end(seat, "the pool was closed");
    this.seats.clear();
  }

  private seat(): Seat {
    const done = new Int32Array(new SharedArrayBuffer(4));
    const seat: Seat = {
      done,
      pending: null,
      ended: false,
      ready: Promise.resolve(),
      thread: this.spawn(
        (message) => seat.pending?.resolve(message),
        (why) => {
          seat.ended = true;
          seat.pending?.reject(new ModelFault("crashed", why));
        },
      ),
    };
    this.seats.add(seat);
    seat.ready = this.load(seat);
    // Who takes the seat is told.
    seat.ready.catch(() => {});
    return seat;
  }

  private async load(seat: Seat): Promise<void> {
    const { bytes, inputs, outputs, values } = this.model;
    const said = await this.ask(
      seat,
      { t: "load", model: { bytes, inputs, outputs, values }, done: seat.done },
      LOAD_MAX_MS,
    );
    if (said.t === "refused") throw new ModelFault("load", said.text);
  }

  /** One message and its answer. A thread that makes no progress for as long as that is given up. */
  private async ask(seat: Seat, message: ToModelThread, stuck_ms: number): Promise<FromModelThread> {
    if (seat.ended) throw new ModelFault("crashed", "its thread ended");
    const pending = Promise.withResolvers<FromModelThread>();
    seat.pending = pending;
    let seen = Atomics.load(seat.done, 0);
    let looks = 0;
    const watch = setInterval(() => {
      const now = Atomics.load(seat.done, 0);
      looks = now === seen ? looks + 1 : 0;
      seen = now;
      if (looks >= LOOKS_PER_TIMEOUT) pending.reject(new ModelFault("timeout", `no answer within ${stuck_ms} ms`));
    }, stuck_ms / LOOKS_PER_TIMEOUT);
    try {
      seat.thread.post(message);
      return await pending.promise;
    } catch (cause) {
      throw cause instanceof ModelFault ? cause : new ModelFault("crashed", firstLine(cause));
    } finally {
      clearInterval(watch);
      seat.pending = null;
    }
  }

  private replace(seat: Seat): Seat {
    this.end(seat, "it was replaced");
    this.seats.delete(seat);
    if (this.isClosed) return seat;
    this.replaced++;
    return this.seat();
  }

  private end(seat: Seat, why: string): void {
    seat.ended = true;
    seat.pending?.reject(new ModelFault("crashed", why));
    seat.thread.terminate();
  }
}
