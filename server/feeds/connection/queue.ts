import type { Item } from "../venue.ts";

/** How much of the queue is taken when what can be spared begins to give way. */
const SHED_FROM = 0.9;
const RESUME_AT = 0.5;

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
  readonly dropped = { heartbeat: 0, quote: 0, book: 0 };
  private items: Item[] = [];
  private first = 0;
  isFull = false;

  constructor(private readonly options: QueueOptions) {}

  get size(): number {
    return this.items.length - this.first;
  }

  /** False: it gave way. */
  add(item: Item): boolean {
    const { capacity, onFull } = this.options;
    if (this.size >= capacity * SHED_FROM) {
      const sort = spareable(item);
      if (sort !== null) {
        this.dropped[sort]++;
        return false;
      }
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

function spareable(item: Item): "heartbeat" | "quote" | "book" | null {
  switch (item.kind) {
    case "pong":
    case "venue_time":
      return "heartbeat";
    case "quote":
    case "price":
      return "quote";
    case "book_update":
      return "book";
    default:
      return null;
  }
}
