/** Which field of the best prices a tick changes; delayed data has numbers of its own. */
const BID_SIZE = new Set([0, 69]);
const BID = new Set([1, 66]);
const ASK = new Set([2, 67]);
const ASK_SIZE = new Set([3, 70]);
const LAST = new Set([4]);
const DELAYED_LAST = new Set([68]);
/** `price;size;time in ms;volume of the day;average price;whether one party took it`. */
const RT_VOLUME = 48;

/** What we make of the gateway's ticks, and what a recording of this venue holds: one JSON text each. */
export type Frame =
  | {
      readonly e: "quote";
      readonly s: string;
      readonly b: number;
      readonly B: number | null;
      readonly a: number;
      readonly A: number | null;
    }
  | {
      readonly e: "trade";
      readonly s: string;
      readonly t: number;
      readonly p: number;
      readonly q: number;
      readonly i: string;
      readonly n: number;
    }
  | { readonly e: "price"; readonly s: string; readonly p: number }
  | { readonly e: "time"; readonly t: number }
  | { readonly e: "error"; readonly code: number; readonly s: string | null; readonly text: string };

/** Price 0: no order on that side. Size null: not said so far. */
interface Best {
  bid: number;
  bid_size: number | null;
  ask: number;
  ask_size: number | null;
}

/** Ticks change one field at a time; what goes on is whole. */
export class Ticks {
  private readonly best = new Map<string, Best>();
  private readonly changed = new Set<string>();
  private count = 0;

  /** Another connection tells everything anew. */
  clear(): void {
    this.best.clear();
    this.changed.clear();
  }

  /** The gateway tells nothing of it any more. */
  forget(symbol: string): void {
    this.best.delete(symbol);
    this.changed.delete(symbol);
  }

  /** `hasTrades`: its trades come by themselves, and the last price with them. */
  number(symbol: string, field: number, value: number, hasTrades: boolean): Frame | null {
    if (LAST.has(field) || DELAYED_LAST.has(field)) {
      const isOnlyWord = !hasTrades || DELAYED_LAST.has(field);
      return isOnlyWord && value > 0 ? { e: "price", s: symbol, p: value } : null;
    }
    let best = this.best.get(symbol);
    if (best === undefined) {
      best = { bid: 0, bid_size: null, ask: 0, ask_size: null };
      this.best.set(symbol, best);
    }
    // −1 is how it says that there is none.
    const amount = Math.max(value, 0);
    if (BID.has(field)) best.bid = amount;
    else if (ASK.has(field)) best.ask = amount;
    else if (BID_SIZE.has(field)) best.bid_size = amount;
    else if (ASK_SIZE.has(field)) best.ask_size = amount;
    else return null;
    this.changed.add(symbol);
    return null;
  }

  /** Best prices that have changed since the last time: price and size of a side come as two ticks. */
  quotes(): Frame[] {
    const frames: Frame[] = [];
    for (const symbol of this.changed) {
      const { bid, bid_size, ask, ask_size } = this.best.get(symbol)!;
      if (bid > 0 || ask > 0) frames.push({ e: "quote", s: symbol, b: bid, B: bid_size, a: ask, A: ask_size });
    }
    this.changed.clear();
    return frames;
  }

  /** Null: it is no trade, or one without a price, which is no price of the market. */
  volume(symbol: string, field: number, text: string): Frame | null {
    if (field !== RT_VOLUME) return null;
    const [price = "", size = "", time = "", volume = ""] = text.split(";");
    if (price === "") return null;
    // The volume of the day grows with each: it tells one from the other.
    const n = Math.floor(Number(volume));
    return { e: "trade", s: symbol, t: Number(time), p: Number(price), q: Number(size), i: `v${volume}`, n };
  }

  /** Of the stream of all trades, which says whole seconds and no ids: they are counted here. */
  trade(symbol: string, seconds: string, price: number, size: number): Frame {
    const n = ++this.count;
    return { e: "trade", s: symbol, t: Number(seconds) * 1_000, p: price, q: size, i: `t${n}`, n };
  }
}
