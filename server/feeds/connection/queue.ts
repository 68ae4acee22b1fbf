import type { Flow } from "../../../core/messages/index.ts";
import type { Item } from "../venue.ts";

/** How much of the queue is taken when what can be spared begins to give way. */
const SHED_FROM = 0.9;
const RESUME_AT = 0.5;
const RATE_OVER_MS = 500;

export interface QueueOptions {
  readonly capacity: number;
  /** No more may come until `onRoom`. */
  readonly onFull: () => void;
  readonly onRoom: () => void;
}

/**
 * Between the sockets and the log. From 90 % on heartbeats, quotes and books give way: newer ones replace them soon. Trades
 * never do: when it is full the sockets are paused and the venue's own buffers hold them back.
 */
export class ItemQueue {
  /** By kind of record: what came, and of that what gave way. */
  readonly received: Record<Sort, number> = { trade: 0, quote: 0, book: 0, heartbeat: 0, other: 0 };
  readonly dropped: Record<Spareable, number> = { heartbeat: 0, quote: 0, book: 0 };
  /** The sockets are paused. */
  isFull = false;
  private items: Item[] = [];
  private first = 0;
  private measured = { total: 0, at_ms: 0, per_s: 0 };

  constructor(readonly options: QueueOptions) {}

  get size(): number {
    return this.items.length - this.first;
  }

  /** For who reports about once a second; asked again within half of one it gives the same rate. */
  flow(now_ms: number): Flow {
    const { received, dropped, measured } = this;
    const total = Object.values(received).reduce((sum, n) => sum + n, 0);
    const passed_ms = now_ms - measured.at_ms;
    if (passed_ms < 0 || passed_ms >= RATE_OVER_MS) {
      const per_s = passed_ms > 0 ? Math.round(((total - measured.total) * 1_000) / passed_ms) : 0;
      this.measured = { total, at_ms: now_ms, per_s: measured.at_ms === 0 ? 0 : per_s };
    }
    const kinds: Flow["kinds"] = {};
    for (const [kind, n] of Object.entries(received)) {
      const gone = isSpareable(kind) ? dropped[kind] : 0;
      if (n > 0) kinds[kind] = { received: n, dropped: gone > 0 ? { queue_full: gone } : {} };
    }
    const queue = { waiting: this.size, capacity: this.options.capacity, is_paused: this.isFull };
    return { kinds, per_s: this.measured.per_s, queue };
  }

  /** False: it gave way. */
  add(item: Item): boolean {
    const { capacity, onFull } = this.options;
    const sort = sortOf(item);
    this.received[sort]++;
    if (this.size >= capacity * SHED_FROM && isSpareable(sort)) {
      this.dropped[sort]++;
      return false;
    }
    this.items.push(item);
    if (!this.isFull && this.size >= capacity) {
      this.isFull = true;
      onFull();
    }
    return true;
  }

  /** The oldest ones, in the order in which they came. */
  take(max: number): Item[] {
    const end = Math.min(this.items.length, this.first + max);
    const taken = this.items.slice(this.first, end);
    this.first = end;
    if (this.first === this.items.length) {
      this.items = [];
      this.first = 0;
    } else if (this.first > 4_096 && this.first > this.items.length / 2) {
      this.items.splice(0, this.first);
      this.first = 0;
    }
    if (this.isFull && this.size <= this.options.capacity * RESUME_AT) {
      this.isFull = false;
      this.options.onRoom();
    }
    return taken;
  }
}

type Spareable = "heartbeat" | "quote" | "book";
type Sort = Spareable | "trade" | "other";

const isSpareable = (sort: string): sort is Spareable => sort === "heartbeat" || sort === "quote" || sort === "book";

function sortOf(item: Item): Sort {
  switch (item.kind) {
    case "trade":
      return "trade";
    case "pong":
    case "venue_time":
      return "heartbeat";
    case "quote":
    case "price":
      return "quote";
    case "book_update":
      return "book";
    default:
      return "other";
  }
}
