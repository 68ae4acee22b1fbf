import { TapebellError } from "../../core/errors.ts";
import type { Bus, Position } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Store } from "../../core/ports/store.ts";
import { TOPICS, type TopicKey } from "../../core/topics.ts";
import { PERSIST_READER } from "../../db/index.ts";

const DEADLINE_MS = 2_000;
/** After a read that failed or took too long nobody else waits for the same for this long. */
const AWAY_MS = 1_000;

/** What the store answered, and how far of the log it had read before it was asked. */
export interface Archived<T> {
  readonly found: T;
  /** Every record of the log before this is in what was found, as far as it was asked for. */
  readonly upTo: Position;
}

export interface ArchiveOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  /** Null while it is being opened or restored. */
  readonly store: () => Store | null;
  readonly deadlineMs?: number;
}

/** The store as the long memory behind the cache. It may be away, and it is always a little behind the log. */
export class Archive {
  private readonly options: ArchiveOptions;
  private awayUntil_ms = Number.NEGATIVE_INFINITY;
  /** Positions only grow while a store stays open, so an older one is right, if modest. */
  private known: { readonly store: Store; readonly upTo: Map<string, Position> } | null = null;
  /** Reads that failed or came too late. */
  failures = 0;

  constructor(options: ArchiveOptions) {
    this.options = options;
  }

  /** Asks the store; null while it is away. `enough` is the position from which on the caller knows all by itself. */
  async read<T>(topic: TopicKey, enough: Position, ask: (store: Store) => Promise<T>): Promise<Archived<T> | null> {
    const store = this.options.store();
    if (store === null || this.options.clock.now() < this.awayUntil_ms) return null;
    try {
      return await within(this.options.deadlineMs ?? DEADLINE_MS, async () => {
        // The position first: rows that come in between are more than it promises, never less.
        const upTo = await this.position(store, topic, enough);
        return { upTo, found: await ask(store) };
      });
    } catch (cause) {
      if (cause instanceof TapebellError && (cause.kind === "bug" || cause.kind === "usage")) throw cause;
      this.failures++;
      this.awayUntil_ms = this.options.clock.now() + AWAY_MS;
      return null;
    }
  }

  private async position(store: Store, topic: TopicKey, enough: Position): Promise<Position> {
    if (this.known?.store !== store) this.known = { store, upTo: new Map() };
    const { upTo } = this.known;
    const { name } = TOPICS[topic];
    const { log_id } = await this.options.bus.info(name, 0);
    const key = `${name}|${log_id}`;
    const known = upTo.get(key) ?? -1;
    if (known >= enough) return known;
    for (const row of await store.readOffsets(PERSIST_READER)) upTo.set(`${row.topic}|${row.log_id}`, row.position);
    return upTo.get(key) ?? 0;
  }
}

async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new TapebellError("outside", "store_late", `the store did not answer within ${ms} ms`)),
      ms,
    );
  });
  const answer = work();
  answer.catch(() => undefined);
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
