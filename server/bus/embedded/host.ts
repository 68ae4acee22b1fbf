import type { Bus, Position } from "../../../core/ports/bus.ts";
import type { BrokerStats } from "../broker-parts.ts";
import { BusClient } from "../client.ts";
import { busClosed, busGone, fromWire } from "../errors.ts";
import { checkPrefix } from "../limits.ts";
import type { BusProblem } from "../problems.ts";
import { PortTransport } from "./port-transport.ts";
import type { EmbeddedOptions, FromThread, ToThread } from "./wire.ts";

const PROBLEMS_MAX = 100;

export type BusStats = BrokerStats & { readonly problems: number };

export interface BusHost extends Bus {
  /** A port to the bus thread for one other thread: transfer it, and call `connectBus(port)` there. */
  connect(): MessagePort;
  /** The newest losses and faults of the log since it was opened, oldest first. */
  problems(): readonly BusProblem[];
  stats(): Promise<BusStats>;
  /** What lies before these positions, one per partition, is wanted by nobody: whole segments of it are deleted. */
  trim(topic: string, before: readonly Position[]): Promise<void>;
  /** Resolves when the bus thread has ended: with the error, or with null after `close`. */
  readonly ended: Promise<Error | null>;
}

/** Starts the bus thread. Topics are opened (and looked after) by `ensureTopics`. */
export async function openEmbeddedBus(options: EmbeddedOptions): Promise<BusHost> {
  checkPrefix(options.prefix);
  const thread = new BusThread(new Worker(new URL("./thread.ts", import.meta.url)));
  const { dir, prefix, fsync } = options;
  await thread.open({ dir, prefix, fsync });
  return new EmbeddedBus(thread);
}

/** The main thread's end of the bus thread. */
class BusThread {
  readonly problems: BusProblem[] = [];
  problemCount = 0;
  readonly ended: Promise<Error | null>;
  private readonly asked = new Map<number, { resolve: (stats: BrokerStats) => void; reject: (e: Error) => void }>();
  private lastId = 0;
  private opening: { resolve: () => void; reject: (error: Error) => void } | null = null;
  private closing: { resolve: () => void; reject: (error: Error) => void } | null = null;
  private end: (error: Error | null) => void = () => {};
  private over = false;

  constructor(private readonly worker: Worker) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    worker.onmessage = ({ data }: MessageEvent<FromThread>) => this.on(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.finish(busGone(event.message));
    };
    worker.addEventListener("close", () => this.finish(busGone("its thread ended")));
  }

  open(options: EmbeddedOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.opening = { resolve, reject };
      this.post({ t: "open", options });
    });
  }

  connect(): MessagePort {
    if (this.over) throw busClosed();
    const { port1, port2 } = new MessageChannel();
    this.post({ t: "connect", port: port1 }, [port1]);
    return port2;
  }

  stats(): Promise<BrokerStats> {
    if (this.over) return Promise.reject(busClosed());
    return new Promise((resolve, reject) => {
      this.lastId++;
      this.asked.set(this.lastId, { resolve, reject });
      this.post({ t: "stats", id: this.lastId });
    });
  }

  close(): Promise<void> {
    if (this.over) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.closing = { resolve, reject };
      this.post({ t: "close" });
    });
  }

  private post(message: ToThread, transfer: MessagePort[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private on(message: FromThread): void {
    switch (message.t) {
      case "opened":
        this.opening?.resolve();
        return;
      case "failed":
        this.finish(fromWire(message.error));
        return;
      case "problem":
        this.problemCount++;
        this.problems.push(message.problem);
        if (this.problems.length > PROBLEMS_MAX) this.problems.shift();
        return;
      case "stats":
        this.asked.get(message.id)?.resolve(message.stats);
        this.asked.delete(message.id);
        return;
      case "closed":
        this.finish(message.error === undefined ? null : fromWire(message.error));
    }
  }

  private finish(error: Error | null): void {
    if (this.over) return;
    this.over = true;
    this.worker.terminate();
    this.opening?.reject(error ?? busClosed());
    if (error === null) this.closing?.resolve();
    else this.closing?.reject(error);
    for (const { reject } of this.asked.values()) reject(error ?? busClosed());
    this.asked.clear();
    this.end(error);
  }
}

class EmbeddedBus extends BusClient implements BusHost {
  constructor(private readonly thread: BusThread) {
    const way = new PortTransport(thread.connect());
    super("embedded", way);
    void thread.ended.then((error) => way.finish(error));
  }

  get ended(): Promise<Error | null> {
    return this.thread.ended;
  }

  connect(): MessagePort {
    return this.thread.connect();
  }

  problems(): readonly BusProblem[] {
    return this.thread.problems;
  }

  async stats(): Promise<BusStats> {
    return { ...(await this.thread.stats()), problems: this.thread.problemCount };
  }

  /** Publishes that are on their way are written first; every connection ends in good order. */
  override async close(): Promise<void> {
    await this.thread.close();
    await super.close();
  }
}
