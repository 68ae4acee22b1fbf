export type Level = readonly [price: string, size: string];

export interface FakeTrade {
  readonly id: number;
  readonly ts_ms: number;
  readonly price: string;
  readonly size: string;
  /** Who came and took what was offered. */
  readonly taker: "buy" | "sell";
}

export interface FakeQuote {
  readonly bid: string;
  readonly ask: string;
  readonly ts_ms: number;
  /** Counts up with each change of the best prices. */
  readonly update: number;
}

/** Size "0" takes a level out. */
export interface BookChange {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** A book, and the number of its last change. */
export interface FakeBook extends BookChange {
  readonly update: number;
}

export interface FakeMinute {
  readonly start_ms: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly notional: string;
  readonly count: number;
}

export interface MarketOptions {
  /** Of the first trade of each symbol. */
  readonly firstId?: number;
  /** How far back there are candles. */
  readonly history_minutes?: number;
  /** In that minute of the past everything rose by 6 %, on 90 times the volume, and came back. */
  readonly moved_ms?: number;
}

export const MINUTE_MS = 60_000;

/** What happens on a local venue, whoever is listening: trades whose ids have no holes, books, a quiet past of candles. */
export class FakeMarket {
  /** Answered with an error when subscribed to. */
  readonly refused = new Set<string>();
  /** Gone from the exchange's list. */
  readonly delisted = new Set<string>();
  private readonly past: Map<string, FakeTrade[]>;
  private readonly next = new Map<string, number>();
  private readonly books = new Map<string, FakeBook>();
  private updates = 1;
  private firstId: number;
  private readonly history_minutes: number;
  private readonly moved_ms: number | null;

  constructor(
    /** As the venue writes them. */
    readonly symbols: readonly string[],
    { firstId = 1_000, history_minutes = 0, moved_ms }: MarketOptions = {},
  ) {
    this.firstId = firstId;
    this.history_minutes = history_minutes;
    this.moved_ms = moved_ms === undefined ? null : Math.floor(moved_ms / MINUTE_MS) * MINUTE_MS;
    this.past = new Map(symbols.map((symbol) => [symbol, []]));
  }

  listed(): string[] {
    return this.symbols.filter((symbol) => !this.delisted.has(symbol));
  }

  isServed(symbol: string): boolean {
    return this.symbols.includes(symbol) && !this.refused.has(symbol) && !this.delisted.has(symbol);
  }

  trades(symbol: string): readonly FakeTrade[] {
    return this.past.get(symbol) ?? [];
  }

  trade(symbol: string, price: string, { size = "0.01", ts_ms = Date.now() } = {}): FakeTrade {
    const id = this.next.get(symbol) ?? this.firstId;
    this.next.set(symbol, id + 1);
    const trade: FakeTrade = { id, ts_ms, price, size, taker: id % 2 === 0 ? "sell" : "buy" };
    this.past.get(symbol)?.push(trade);
    return trade;
  }

  /** Ids count from here on; lower than before: the venue has begun anew and knows nothing of its past. */
  nextId(symbol: string, id: number): void {
    if (id < (this.next.get(symbol) ?? 0)) this.past.set(symbol, []);
    this.next.set(symbol, id);
  }

  quote(bid: string, ask: string): FakeQuote {
    return { bid, ask, ts_ms: Date.now(), update: this.updates++ };
  }

  book(symbol: string): FakeBook {
    return this.books.get(symbol) ?? { bids: [], asks: [], update: 1 };
  }

  /** The book after the change, which is remembered whether or not anybody hears of it. */
  change(symbol: string, { bids, asks }: BookChange): FakeBook {
    const before = this.book(symbol);
    const book = {
      bids: changed(before.bids, bids, (a, b) => b - a),
      asks: changed(before.asks, asks, (a, b) => a - b),
      update: before.update + 1,
    };
    this.books.set(symbol, book);
    return book;
  }

  /** Candles that begin in [from, to], the forming one among them: one a minute around 100. */
  minutes(from_ms: number, to_ms: number): FakeMinute[] {
    const now_ms = Date.now();
    const oldest_ms = Math.floor(now_ms / MINUTE_MS) * MINUTE_MS - this.history_minutes * MINUTE_MS;
    const minutes: FakeMinute[] = [];
    let start_ms = Math.max(oldest_ms, Math.ceil(from_ms / MINUTE_MS) * MINUTE_MS);
    for (; start_ms <= Math.min(to_ms, now_ms); start_ms += MINUTE_MS) {
      const open = 100 + ((start_ms / MINUTE_MS) % 7) / 10;
      const low = open.toFixed(2);
      const high = (open + 0.1).toFixed(2);
      const minute = { start_ms, open: low, high, low, close: high, volume: "10.0", notional: "1000.0", count: 50 };
      const moved = { high: (open * 1.06).toFixed(2), volume: "900.0", notional: "90000.0", count: 4_500 };
      minutes.push(start_ms === this.moved_ms ? { ...minute, ...moved } : minute);
    }
    return minutes;
  }
}

function changed(levels: readonly Level[], by: readonly Level[], order: (a: number, b: number) => number): Level[] {
  const all = new Map(levels);
  for (const [price, size] of by) {
    if (Number(size) === 0) all.delete(price);
    else all.set(price, size);
  }
  return [...all].sort(([a], [b]) => order(Number(a), Number(b)));
}
