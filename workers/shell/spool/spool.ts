import { TapebellError } from "../../../core/errors.ts";
import type { Origin } from "../../../core/messages/index.ts";
import type { Batch, Bus, Position } from "../../../core/ports/bus.ts";
import { Insist, type InsistOptions, mayPass } from "../insist.ts";
import { inWords, type Outlet, type Spooled, type Trouble } from "../outlet.ts";
import { added } from "../tally.ts";
import { lostInSpool } from "./lost.ts";
import { Sieve } from "./sieve.ts";
import type { SpoolStore } from "./spool-store.ts";

export interface SpoolOptions extends InsistOptions {
  readonly bus: Pick<Bus, "publish" | "tail">;
  readonly store: SpoolStore;
  readonly max_bytes: number;
  readonly origin: Origin;
}

interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly sieve: Sieve;
  /** Since when records of it go by way of the spool; null: straight to the bus. */
  since_ms: number | null;
  /** What of the spool is on the bus, and what is in it. */
  position: Position;
  end: Position;
  appending: number;
  isDraining: boolean;
}

/**
 * The way to a bus that may be away. A batch it refuses goes to the spool, and then everything of that partition, until the
 * spool has been sent on: nothing overtakes. What a full share has no room for waits, and with it who writes.
 */
export class Spool implements Outlet {
  errors = 0;
  private readonly lanes = new Map<string, Lane>();
  private readonly insist: Insist;
  private readonly draining = new Set<Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private away: Trouble | null = null;
  private disk: Trouble | null = null;
  private full = false;
  /** Bytes on their way into the spool. */
  private reserved = 0;
  private failure: unknown = null;

  private constructor(private readonly options: SpoolOptions) {
    this.insist = new Insist(options);
    options.signal.addEventListener("abort", () => this.freed());
  }

  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    for (const { topic, partition, position, end } of await options.store.extents()) {
      const since_ms = position < end ? options.clock.now() : null;
      const own = { sieve: new Sieve(), appending: 0, isDraining: false };
      const lane: Lane = { topic, partition, position, end, since_ms, ...own };
      spool.lanes.set(`${topic}/${partition}`, lane);
      if (since_ms !== null) spool.startDrain(lane);
    }
    return spool;
  }

  /** One at a time per partition, as `Outputs` does it: order is that of the calls. */
  async publish(topic: string, partition: number, values: readonly string[]): Promise<void> {
    if (this.failure !== null) throw this.failure;
    const lane = this.lanes.get(`${topic}/${partition}`);
    if (lane === undefined) await this.transient(topic, partition, values);
    else if (lane.since_ms !== null || !(await this.direct(lane, values))) await this.put(lane, values);
  }

  trouble(): Trouble | null {
    const { away, disk, full } = this;
    if (disk !== null) return disk;
    if (away === null) return null;
    if (full) return { ...away, text: `${away.text}; the spool's share of the disk is full, feeds are paused` };
    return { ...away, text: `${away.text}; records wait in the spool` };
  }

  spool(): Spooled {
    const { store, max_bytes } = this.options;
    const lanes = [...this.lanes.values()];
    const sieves = lanes.map(({ sieve }) => sieve);
    const since = lanes.flatMap((lane) => lane.since_ms ?? []);
    const since_ms = since.length === 0 ? null : Math.min(...since);
    const records = lanes.reduce((sum, { end, position }) => sum + end - position, 0);
    const state = this.full || this.disk !== null ? "full" : since_ms === null ? "empty" : "spooling";
    return {
      now: { state, records, bytes: store.bytes, max_bytes, since_ms },
      spooled: added(sieves.map(({ spooled }) => spooled)),
      collapsed: added(sieves.map(({ collapsed }) => collapsed)),
      dropped: added(sieves.map(({ dropped }) => dropped)),
    };
  }

  /** The bus's newest records and behind them the spool's: what a feed that starts again goes on from. */
  async tail(topic: string, limit: number): Promise<Batch[]> {
    const { bus, store } = this.options;
    return [...(await bus.tail(topic, limit)), ...(await store.tail(topic, limit))];
  }

  /** After the signal: what is in the spool stays there for the next start. */
  async close(): Promise<void> {
    while (this.draining.size > 0) await Promise.all(this.draining);
    await this.options.store.close();
  }

  /** Topics that are not durable hold what newer records replace: none is kept. */
  private async transient(topic: string, partition: number, values: readonly string[]): Promise<void> {
    try {
      await this.options.bus.publish(topic, partition, values);
    } catch (cause) {
      if (!mayPass(cause)) throw cause;
      this.errors++;
    }
  }

  /** False: the bus is away, and from now on the partition goes by way of the spool. */
  private async direct(lane: Lane, values: readonly string[]): Promise<boolean> {
    const { bus, settings, clock } = this.options;
    const since_ms = clock.now();
    try {
      await this.insist.run(
        () => bus.publish(lane.topic, lane.partition, values),
        () => this.errors++,
        settings.RETRY_MAX_ATTEMPTS,
      );
      return true;
    } catch (cause) {
      if (!mayPass(cause)) throw cause;
      lane.since_ms = since_ms;
      this.away ??= { text: inWords(cause), since_ms };
      return false;
    }
  }

  private async put(lane: Lane, values: readonly string[]): Promise<void> {
    const { store, clock } = this.options;
    const kept = lane.sieve.keep(values, clock.now());
    if (kept.length > 0) {
      const bytes = kept.reduce((sum, text) => sum + text.length, 0);
      lane.appending++;
      try {
        await this.room(bytes);
        this.reserved += bytes;
        const since_ms = clock.now();
        lane.end = await this.insist
          .run(
            () => store.append(lane.topic, lane.partition, kept, bytes),
            (cause) => {
              this.errors++;
              this.disk ??= { text: `nothing can be spooled: ${inWords(cause)}`, since_ms };
            },
          )
          .finally(() => {
            this.reserved -= bytes;
          });
        this.disk = null;
      } finally {
        lane.appending--;
      }
    }
    if (!lane.isDraining) this.startDrain(lane);
  }

  /** Waits until the share has room; a batch larger than the share passes when nothing else is there. */
  private async room(bytes: number): Promise<void> {
    const { store, max_bytes, signal } = this.options;
    while (store.bytes + this.reserved > 0 && store.bytes + this.reserved + bytes > max_bytes) {
      if (signal.aborted) {
        throw new TapebellError(
          "outside",
          "spool_full",
          "the spool is full and the bus away: newest records are lost",
          {
            hint: "the next start asks the venues for them; what they no longer have is recorded as a gap",
          },
        );
      }
      this.full = true;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.full = false;
  }

  private freed(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private startDrain(lane: Lane): void {
    lane.isDraining = true;
    const drained = this.drain(lane)
      .catch((cause: unknown) => {
        if (!this.options.signal.aborted) this.failure ??= cause;
      })
      .then(() => {
        lane.isDraining = false;
        this.draining.delete(drained);
      });
    this.draining.add(drained);
  }

  /** Sends the partition's spool on until it is empty; then, and not before, the partition goes straight to the bus again. */
  private async drain(lane: Lane): Promise<void> {
    const { store, signal } = this.options;
    const { topic, partition } = lane;
    const batches = store.follow(topic, partition, lane.position, signal)[Symbol.asyncIterator]();
    try {
      while (!signal.aborted) {
        if (lane.position < lane.end || lane.appending > 0) {
          const { value: batch, done } = await batches.next();
          if (done === true) return;
          await this.send(lane, [...lostInSpool(lane, batch, this.options.origin), ...batch.values]);
          lane.position = batch.next;
          await store.sentTo(topic, partition, batch.next, batch);
          this.freed();
          continue;
        }
        const beats = lane.sieve.beats();
        if (beats.length > 0) await this.send(lane, beats);
        else {
          lane.since_ms = null;
          if ([...this.lanes.values()].every(({ since_ms }) => since_ms === null)) this.away = null;
          return;
        }
      }
    } finally {
      await batches.return?.();
    }
  }

  private async send({ topic, partition }: Lane, values: readonly string[]): Promise<void> {
    await this.insist.run(
      () => this.options.bus.publish(topic, partition, values),
      (cause) => {
        this.errors++;
        this.away = { text: inWords(cause), since_ms: this.away?.since_ms ?? this.options.clock.now() };
      },
    );
  }
}
