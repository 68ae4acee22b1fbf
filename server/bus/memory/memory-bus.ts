import type { Bus } from "../../../core/ports/bus.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { Broker } from "../broker.ts";
import type { BrokerParts } from "../broker-parts.ts";
import { BusClient } from "../client.ts";
import { busClosed, fromWire } from "../errors.ts";
import { checkPrefix } from "../limits.ts";
import type { Answers, Call, Reply, Request, RequestOf, Transport } from "../protocol.ts";
import { RingLog } from "./ring-log.ts";

/** Where buses in memory live: what a data folder is to the embedded one. */
export interface MemoryTape {
  bus(prefix?: string): Bus;
}

/**
 * A bus in this thread, for tests and the simulator: no thread, no disk, and no timer but the clock's. "Durable" means
 * here: as long as the tape is held.
 */
export function createMemoryTape(clock: Clock, logId: () => string = () => crypto.randomUUID()): MemoryTape {
  const parts: BrokerParts = {
    openTopic: (_name, spec) => ({
      log: new RingLog(logId(), spec.partitions, spec.retentionMs, spec.retentionBytes, Number.POSITIVE_INFINITY),
      groups: null,
    }),
    now: () => clock.now(),
    defer: (run) => queueMicrotask(run),
    at: (time_ms, run) => {
      const off = new AbortController();
      void clock.sleep(Math.max(0, time_ms - clock.now()), off.signal).then(() => {
        if (!off.signal.aborted) run();
      });
      return () => off.abort();
    },
    report: () => {},
  };
  const broker = new Broker(parts);
  return {
    bus(prefix = "") {
      checkPrefix(prefix);
      return new BusClient("memory", new DirectTransport(broker, prefix));
    },
  };
}

export const createMemoryBus = (clock: Clock, prefix = ""): Bus => createMemoryTape(clock).bus(prefix);

class DirectTransport implements Transport {
  private readonly connection: number;
  private readonly pending = new Map<number, (error: Error) => void>();
  private readonly listeners = new Set<(error: Error | null) => void>();
  private lastId = 0;
  private closed = false;

  constructor(
    private readonly broker: Broker,
    prefix: string,
  ) {
    this.connection = broker.connect(prefix);
  }

  call<Op extends Request["op"]>(request: RequestOf<Op>): Call<Answers[Op]> {
    const id = ++this.lastId;
    const answer = new Promise<Answers[Op]>((resolve, reject) => {
      if (this.closed) return reject(busClosed());
      this.pending.set(id, reject);
      const reply = (reply: Reply) => {
        if (!this.pending.delete(id)) return;
        if (reply.ok) resolve(reply.value as Answers[Op]);
        else reject(fromWire(reply.error));
      };
      this.broker.retain();
      this.broker.handle(this.connection, id, request, reply);
    });
    return { answer, cancel: () => this.broker.cancel(this.connection, id) };
  }

  onEnd(listener: (error: Error | null) => void): () => void {
    if (this.closed) listener(null);
    else this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.broker.disconnect(this.connection);
    for (const reject of this.pending.values()) reject(busClosed());
    this.pending.clear();
    for (const listener of this.listeners) listener(null);
    this.listeners.clear();
  }
}
