import { alerts, GATE_SETTINGS, type GateSettings } from "../gate/index.ts";
import type {
  Alert,
  Bar,
  Candidate,
  Gap,
  Headline,
  Heartbeat,
  Nearest,
  Quote,
  Side,
  Trade,
} from "../messages/index.ts";
import { barId } from "../messages/index.ts";
import { ADAPTIVE_SETTINGS, type AdaptiveSettings } from "../stages/anomalies/index.ts";

export const T0 = Date.UTC(2026, 0, 5, 12, 0, 0);
type In = Parameters<typeof alerts.step>[1];

/** A small market to write examples with: everything that is said goes into one log, in order. */
export class World {
  readonly log: In[] = [];
  ts_ms = T0;
  private seq = 0;

  constructor(readonly symbol = "SOLUSDT") {}

  /** A day of minutes, each side `perMinute` in 20 trades: what is normal here. */
  history(perMinute = 600, symbol = this.symbol, hours = 24): this {
    for (let i = hours * 60; i > 0; i--) {
      const start_ts_ms = T0 - i * 60_000;
      const bar: Bar = {
        kind: "bar",
        bar_id: barId(symbol, start_ts_ms, "1m"),
        revision: 0,
        symbol,
        provider: "test",
        interval: "1m",
        start_ts_ms,
        end_ts_ms: start_ts_ms + 60_000,
        open: 100,
        high: 100,
        low: 100,
        close: 100,
        volume: 2 * perMinute,
        notional: 200 * perMinute,
        vwap: 100,
        trade_count: 40,
        bin_count: 0,
        buy_volume: perMinute,
        max_late_ms: 0,
        final: true,
        partial: false,
      };
      this.log.push(bar);
    }
    return this;
  }

  trade(price: number, size = 10, options: Partial<Trade> & { side?: Side } = {}): this {
    const seq = this.seq++;
    this.log.push({
      ver: 1,
      kind: "trade",
      provider: "test",
      symbol: this.symbol,
      ts_ms: this.ts_ms,
      price,
      size,
      side: "buy",
      trade_id: String(seq),
      seq,
      event_id: `test|${this.symbol}|${seq}`,
      ...options,
    });
    return this;
  }

  wait(ms: number): this {
    this.ts_ms += ms;
    return this;
  }

  /** Trades once a second around `price`. */
  calm(seconds: number, price = 100, options: Partial<Trade> = {}): this {
    for (let i = 0; i < seconds; i++)
      this.wait(1_000).trade(price, 10, { side: i % 2 === 0 ? "buy" : "sell", ...options });
    return this;
  }

  /** From one price to another in even steps. */
  run(from: number, to: number, ms: number, size: number, options: Partial<Trade> = {}, steps = 20): this {
    for (let i = 1; i <= steps; i++)
      this.wait(ms / steps).trade(from + ((to - from) * i) / steps, size, {
        side: to > from ? "buy" : "sell",
        ...options,
      });
    return this;
  }

  heartbeat(reason: Heartbeat["reason"] = "clock"): this {
    this.log.push({ kind: "heartbeat", provider: "test", ts_ms: this.ts_ms, reason });
    return this;
  }

  quote(bid: number, ask: number): this {
    const event_id = `q${this.seq++}`;
    const sizes = { bid_size: 1, ask_size: 1, seq: 0 };
    const quote: Quote = {
      ver: 1,
      kind: "quote",
      provider: "test",
      symbol: this.symbol,
      ts_ms: this.ts_ms,
      event_id,
      bid,
      ask,
      ...sizes,
    };
    this.log.push(quote);
    return this;
  }

  gap(seconds: number, status: Gap["status"] = "open", stream = "trade"): this {
    const from_ms = this.ts_ms;
    this.log.push({
      kind: "gap",
      id: `test|${this.symbol}|${stream}|${from_ms}`,
      revision: 0,
      provider: "test",
      symbol: this.symbol,
      stream,
      from_seq: null,
      to_seq: null,
      from_ms,
      to_ms: from_ms + seconds * 1_000,
      status,
    });
    return this.wait(seconds * 1_000);
  }

  route(provider: string): this {
    const from_ms = this.ts_ms;
    this.log.push({ kind: "route", symbol: this.symbol, provider, epoch: 1, from_ms, reason: "test" });
    return this;
  }

  headline(title: string, symbols: string[], sentiment: number | null = null): this {
    const time = new Date(this.ts_ms).toISOString();
    const headline: Headline = {
      kind: "headline",
      id: title,
      revision: 0,
      time,
      title,
      source: "Wire",
      url: null,
      sentiment,
      symbols,
    };
    this.log.push(headline);
    return this;
  }
}

export interface Heard {
  readonly alerts: Alert[];
  readonly nearest: Nearest[];
  readonly state: ReturnType<typeof alerts.init>;
}

/** Detection and gate over a log. */
export function hear(
  log: readonly In[],
  settings: { adaptive?: Partial<AdaptiveSettings>; gate?: Partial<GateSettings> } = {},
): Heard {
  const state = alerts.init({
    adaptive: { ...ADAPTIVE_SETTINGS, ...settings.adaptive },
    gate: { ...GATE_SETTINGS, ...settings.gate },
  });
  const heard: Heard = { alerts: [], nearest: [], state };
  for (const record of log)
    alerts.step(state, record, (out) => {
      if (out.kind === "nearest") heard.nearest.push(out);
      else heard.alerts.push(out);
    });
  return heard;
}

/** Several worlds as one log, by time; worlds first named come first at equal times. */
export function together(worlds: readonly World[]): In[] {
  const timeOf = (r: In): number =>
    r.kind === "bar"
      ? r.end_ts_ms
      : r.kind === "gap" || r.kind === "route"
        ? r.from_ms
        : r.kind === "price" || r.kind === "headline"
          ? Date.parse(r.time)
          : r.ts_ms;
  return worlds.flatMap((w) => w.log).sort((a, b) => timeOf(a) - timeOf(b));
}

export const brief = (a: Alert | Candidate) => `${a.state} ${a.severity} r${a.revision}`;
