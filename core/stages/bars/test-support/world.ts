import type {
  Bar,
  Bin,
  DeadLetter,
  Gap,
  Heartbeat,
  MarketRecord,
  Quote,
  Route,
  Trade,
} from "../../../messages/index.ts";
import { barId, eventId } from "../../../messages/index.ts";
import { endBars } from "../end.ts";
import { type BarsOut, bars } from "../index.ts";
import { BARS_DEFAULTS, type BarsSettings } from "../settings.ts";

/** A whole UTC day's start, so that every interval begins here. */
export const T0 = 1_700_006_400_000;

export function trade(over: Partial<Trade> & Pick<Trade, "ts_ms">): Trade {
  const { provider = "venue", symbol = "BTCUSDT", seq = 0, ts_ms } = over;
  return {
    ver: 1,
    kind: "trade",
    provider,
    symbol,
    price: 100,
    size: 1,
    side: null,
    trade_id: null,
    seq,
    event_id: eventId(provider, symbol, ts_ms, seq),
    ...over,
  };
}

export function quote(over: Partial<Quote> & Pick<Quote, "ts_ms">): Quote {
  const { provider = "venue", symbol = "EURUSD", seq = 0, ts_ms } = over;
  const event_id = eventId(provider, symbol, ts_ms, seq);
  const sizes = { bid_size: null, ask_size: null };
  return { ver: 1, kind: "quote", provider, symbol, seq, event_id, bid: 99, ask: 101, ...sizes, ...over };
}

export const heartbeat = (ts_ms: number, reason: Heartbeat["reason"] = "venue", provider = "venue"): Heartbeat => ({
  kind: "heartbeat",
  provider,
  ts_ms,
  reason,
});

export const route = (provider: string, from_ms: number, epoch = 1, symbol = "BTCUSDT"): Route => ({
  kind: "route",
  symbol,
  provider,
  epoch,
  from_ms,
  reason: "test",
});

export const gap = (over: Partial<Gap> & Pick<Gap, "from_ms" | "to_ms" | "status">): Gap => ({
  kind: "gap",
  id: "gap-1",
  revision: 0,
  provider: "venue",
  symbol: "BTCUSDT",
  stream: "trades",
  from_seq: null,
  to_seq: null,
  ...over,
});

export const minuteBar = (start_ts_ms: number, over: Partial<Bar> = {}): Bar => ({
  kind: "bar",
  origin: "venue",
  bar_id: barId(over.symbol ?? "BTCUSDT", start_ts_ms, "1m"),
  revision: 0,
  symbol: "BTCUSDT",
  provider: "venue",
  interval: "1m",
  start_ts_ms,
  end_ts_ms: start_ts_ms + 60_000,
  open: 100,
  high: 110,
  low: 90,
  close: 105,
  volume: 10,
  notional: 1_000,
  vwap: 100,
  trade_count: 10,
  bin_count: 10,
  buy_volume: 4,
  max_late_ms: 0,
  final: true,
  partial: false,
  ...over,
});

export class World {
  readonly out: BarsOut[] = [];
  state: ReturnType<typeof bars.init>;

  constructor(settings: Partial<BarsSettings> = {}, state?: ReturnType<typeof bars.init>) {
    this.state = state ?? bars.init({ ...BARS_DEFAULTS, forming_ms: 0, ...settings });
  }

  step(...records: readonly (MarketRecord | Bin)[]): this {
    for (const record of records) bars.step(this.state, record, (out) => this.out.push(out));
    return this;
  }

  end(): this {
    endBars(this.state, (out) => this.out.push(out));
    return this;
  }

  bars(interval?: string): Bar[] {
    return this.out.filter((o): o is Bar => o.kind === "bar" && (interval === undefined || o.interval === interval));
  }

  finals(interval?: string): Bar[] {
    return this.bars(interval).filter((bar) => bar.final);
  }

  /** What a reader holds in the end: highest revision of each. */
  newest(interval?: string): Bar[] {
    return newest(this.finals(interval));
  }

  letters(): DeadLetter[] {
    return this.out.filter((o): o is DeadLetter => o.kind === "dead_letter");
  }

  gaps(): Gap[] {
    return this.out.filter((o): o is Gap => o.kind === "gap");
  }
}

export function newest(all: readonly Bar[]): Bar[] {
  const by = new Map<string, Bar>();
  for (const bar of all) if (bar.revision >= (by.get(bar.bar_id)?.revision ?? 0)) by.set(bar.bar_id, bar);
  return [...by.values()].sort((a, b) => (a.bar_id < b.bar_id ? -1 : 1));
}
