import type { Bus, PartitionInfo, Position } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { TOPICS, type TopicKey } from "../../core/topics.ts";
import { type CacheListener, type Cursor, KEPT_TOPICS, type KeptTopic } from "./events.ts";
import { type FollowerSink, startFollower } from "./follower.ts";
import { NEWEST_TOPICS } from "./newest.ts";
import { SeedFilter } from "./seed.ts";
import { type CacheBounds, CacheState, type HeldTopic } from "./state.ts";

export interface CacheOptions {
  readonly clock: Clock;
  readonly bounds?: Partial<CacheBounds>;
  /** How far back the start reads, in time and in records. */
  readonly seedMs?: number;
  readonly seedRecords?: number;
}

const SEED_MS = 36 * 3_600_000;
const SEED_RECORDS = 400_000;
/** Of the rare topics (alerts, gaps, dead letters …). */
const SEED_RARE_RECORDS = 10_000;
/** Small enough that taking a batch in never holds the main thread for more than a few milliseconds. */
const BATCH_RECORDS = 500;

/** What the cache reads; the first six are the kept ones. */
const FOLLOWED = [
  ...KEPT_TOPICS,
  "forming",
  ...NEWEST_TOPICS,
  "status",
  "deadLetter",
] as const satisfies readonly TopicKey[];
export type FollowedTopic = (typeof FOLLOWED)[number];

const isHeld = (topic: FollowedTopic): topic is HeldTopic => topic === "deadLetter" || isKept(topic);
const isKept = (topic: FollowedTopic): topic is KeptTopic => (KEPT_TOPICS as readonly string[]).includes(topic);

interface Place {
  log_id: string;
  next: Position;
  time_ms: number;
  records: number;
  trouble: string | null;
}

/** The newest of everything, followed from the bus; one reader for all clients. */
export class Cache {
  readonly bus: Bus;
  readonly state: CacheState;
  /** Resolves when all that the logs held at the start has been read. */
  readonly seeded: Promise<void>;
  isSeeded = false;
  /** Times a log no longer held what came next, or was made anew. */
  breaks = 0;
  private readonly clock: Clock;
  private readonly places = new Map<FollowedTopic, Place>();
  private readonly listeners = new Set<CacheListener>();
  private readonly stop = new AbortController();
  private readonly running: Promise<void>[] = [];
  private version = 0;
  private seedFilter: SeedFilter | null = null;

  constructor(bus: Bus, options: CacheOptions) {
    this.bus = bus;
    this.clock = options.clock;
    this.state = new CacheState(options.bounds);
    const seedMs = options.seedMs ?? SEED_MS;
    const seedRecords = options.seedRecords ?? SEED_RECORDS;
    const seeds = FOLLOWED.map((topic) => {
      this.places.set(topic, { log_id: "", next: 0, time_ms: 0, records: 0, trouble: null });
      const { name, durable } = TOPICS[topic];
      const rare = topic !== "bars" && durable;
      const { caughtUp, done } = startFollower(
        {
          bus,
          clock: options.clock,
          topic: name,
          signal: this.stop.signal,
          maxRecords: BATCH_RECORDS,
          startAt: (info) => this.startAt(name, info, seedMs, rare ? SEED_RARE_RECORDS : seedRecords),
        },
        this.sink(topic),
      );
      this.running.push(done);
      return caughtUp;
    });
    this.seeded = Promise.all(seeds).then(() => {
      this.isSeeded = true;
    });
  }

  subscribe(listener: CacheListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  cursor(): Cursor {
    const kept = KEPT_TOPICS.map((topic) => this.place(topic));
    return {
      version: this.version,
      time_ms: Math.max(...kept.map((place) => place.time_ms)),
      log_ids: kept.map((place) => place.log_id),
      positions: kept.map((place) => place.next),
    };
  }

  /** Counts up whenever `cursor()` would give something else. */
  get cursorVersion(): number {
    return this.version;
  }

  /** The log a topic's reader reads now. */
  logId(topic: FollowedTopic): string {
    return this.place(topic).log_id;
  }

  /** What each topic's reader has read, for metrics. */
  reading(): { topic: FollowedTopic; next: Position; records: number }[] {
    return [...this.places].map(([topic, { next, records }]) => ({ topic, next, records }));
  }

  /** One sentence per log that cannot be read now. */
  troubles(): string[] {
    return [...this.places.values()].flatMap((place) => place.trouble ?? []);
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.listeners.clear();
    await Promise.all(this.running);
  }

  private place(topic: FollowedTopic): Place {
    return this.places.get(topic)!;
  }

  private async startAt(name: string, info: PartitionInfo, seedMs: number, records: number): Promise<Position> {
    if (name === TOPICS.bars.name) {
      const newest = (await this.bus.tail(name, 1)).at(-1);
      this.seedFilter = newest ? new SeedFilter(newest.time_ms, this.state.bounds.barsPerSeries) : null;
    }
    const byTime = await this.bus.positionAt(name, 0, this.clock.now() - seedMs);
    return Math.max(info.start, byTime, info.end - records);
  }

  private sink(topic: FollowedTopic): FollowerSink {
    const place = this.place(topic);
    const broken = (why: string): void => {
      if (!isKept(topic)) return;
      this.breaks++;
      for (const listener of this.listeners) listener.broken(topic, why);
    };
    return {
      begin: (log_id, from, isFirst) => {
        if (isHeld(topic)) this.state.begin(topic, from);
        place.log_id = log_id;
        this.moved(topic, from);
        if (!isFirst) broken("log_changed");
      },
      record: (position, text, time_ms) => {
        place.records++;
        if (topic === "bars" && this.seedFilter?.passes(position, text, time_ms) === true) return;
        const event = this.state.apply(topic, position, text, this.clock.now());
        this.moved(topic, position + 1);
        if (event !== null) for (const listener of this.listeners) listener.event(event);
      },
      advanced: (next, time_ms) => {
        place.time_ms = Math.max(place.time_ms, time_ms);
        if (topic === "bars") this.settlePassed();
        this.moved(topic, next);
      },
      skipped: (from) => {
        if (isHeld(topic)) this.state.skipped(topic, from);
        this.moved(topic, from);
        broken("log_jumped");
      },
      trouble: (text) => {
        place.trouble = text;
      },
    };
  }

  private settlePassed(): void {
    for (const [interval, from] of this.seedFilter?.passed ?? []) this.state.passedOver(interval, from);
    this.seedFilter?.passed.clear();
  }

  private moved(topic: FollowedTopic, next: Position): void {
    this.place(topic).next = next;
    if (isKept(topic)) this.version++;
  }
}

export const createCache = (bus: Bus, options: CacheOptions): Cache => new Cache(bus, options);
