import { type Bar, barId } from "../../../core/messages/bar.ts";
import { eventId, type Trade } from "../../../core/messages/trade.ts";
import { createPath, dayShape, mood, moodKeyOf, ORIGIN_S } from "./path.ts";
import { bits, smoothNoise, streamKey, unit } from "./prng.ts";
import { SYMBOLS, type SymbolSpec } from "./symbols.ts";

export const PROVIDER = "synthetic";
export const ORIGIN = "synthetic" as const;
export const MINUTE_MS = 60_000;
/** A candle's `bin_count` counts the bins of this width that hold a trade. */
const BIN_MS = 10;
/** Nothing takes longer from the synthetic exchange to us. */
export const LATENCY_MAX_MS = 60;

/** A trade on top of the normal market; its price is the market's at that instant times `factor`. */
export interface ExtraTrade {
  readonly ts_ms: number;
  readonly size: number;
  readonly buy: boolean;
  readonly factor: number;
}

/** What happens on top of the normal market. */
export interface Overlay {
  /** False promises that `shift` is 0 and `extras` empty in [from_ms, to_ms]. */
  touches(symbol: string, from_ms: number, to_ms: number): boolean;
  /** Displacement of the price's logarithm. */
  shift(symbol: string, ts_ms: number): number;
  /** Trades with from_ms ≤ time < to_ms, in time order. */
  extras(symbol: string, from_ms: number, to_ms: number): readonly ExtraTrade[];
}

const NO_OVERLAY: Overlay = { touches: () => false, shift: () => 0, extras: () => [] };

/** A trade in the exchange's whole units, so that sums over a minute are exact. */
export interface RawTrade {
  readonly ts_ms: number;
  readonly ticks: number;
  readonly lots: number;
  readonly buy: boolean;
  readonly latency_ms: number;
}

export interface Market {
  readonly symbols: readonly SymbolSpec[];
  /** Price between bid and ask at any instant. */
  priceAt(index: number, ts_ms: number): number;
  /** Every trade of a symbol in one second of the epoch, in time order: the definition of the market. */
  second(index: number, epoch_s: number): RawTrade[];
  /** The candle of exactly the trades `second` gives for that minute; null if there are none. */
  minuteBar(index: number, start_ms: number): Bar | null;
}

interface Lane {
  readonly spec: SymbolSpec;
  readonly tickScale: number;
  readonly lotScale: number;
  readonly timeKey: number;
  readonly sizeKey: number;
  readonly priceKey: number;
  readonly latencyKey: number;
  /** Both count seconds from ORIGIN_S; they remember the last answers only for speed. */
  readonly base: (second: number) => number;
  readonly pace: (second: number) => number;
}

/**
 * Cumulative number of trades at a second, as a smooth increasing function: trade k happens where it passes k plus a
 * jitter below 1. So the trades of any second are known without counting from the start.
 */
function paceAt(spec: SymbolSpec, key: number, second: number): number {
  const { tradesPerSec, swing } = spec;
  const day = (-0.35 * swing * 86_400 * dayShape(second + 21_600)) / (2 * Math.PI);
  const gusts = ((0.4 * swing * 20) / 1.5) * smoothNoise(key, second / 20);
  const waves = ((0.25 * swing * 300) / 1.5) * smoothNoise(key ^ 0x1b873593, second / 300);
  return tradesPerSec * (second + day + gusts + waves);
}

/** Where on that scale trade k happens. */
function passAt(lane: Lane, k: number): number {
  return k + 0.5 + (unit(lane.timeKey, k) - 0.5) * lane.spec.jitter;
}

/** Mean 1, at most about 11: many small trades, some large, none absurd. */
function sizeFactor(random: number): number {
  const a = ((random & 0xffff) + 0.5) / 65_536;
  const b = ((random >>> 16) + 0.5) / 65_536;
  return (2 * b * Math.min(1 / Math.sqrt(a), 10)) / 1.9;
}

function latencyOf(random: number): number {
  const u = (random >>> 8) / 16_777_216;
  return Math.min(LATENCY_MAX_MS, Math.round(3 + 9 * (random & 0xff) * (1 / 255) + 0.6 / (1.012 - u)));
}

/** A second's end is the next one's start: the last two answers spare every other evaluation. */
function remembered(compute: (second: number) => number): (second: number) => number {
  let [a, b, valueA, valueB] = [Number.NaN, Number.NaN, 0, 0];
  return (second) => {
    if (second === b) return valueB;
    if (second === a) return valueA;
    [a, valueA] = [b, valueB];
    b = second;
    valueB = compute(second);
    return valueB;
  };
}

export function createMarket(seed: number, overlay: Overlay = NO_OVERLAY): Market {
  const moodKey = moodKeyOf(seed);
  const marketPath = createPath(seed, "market");
  const market = remembered((second) => marketPath.at(second));

  const lanes = SYMBOLS.map((spec): Lane => {
    const own = createPath(seed, spec.symbol);
    const key = (name: string): number => streamKey(seed, `${spec.symbol}/${name}`);
    const paceKey = key("pace");
    return {
      spec,
      tickScale: 10 ** spec.decimals,
      lotScale: 10 ** spec.sizeDecimals,
      timeKey: key("time"),
      sizeKey: key("size"),
      priceKey: key("price"),
      latencyKey: key("latency"),
      pace: remembered((second) => paceAt(spec, paceKey, second)),
      base: remembered(
        (second) => spec.anchor * Math.exp(spec.marketVol * market(second) + spec.ownVol * own.at(second)),
      ),
    };
  });

  const laneAt = (index: number): Lane => {
    const lane = lanes[index];
    if (lane === undefined) throw new RangeError(`the synthetic market has no symbol number ${index}`);
    return lane;
  };

  /** The normal market's trades of a second (counted from ORIGIN_S), then the overlay's, merged by time. */
  const second = (index: number, epoch_s: number): RawTrade[] => {
    const lane = laneAt(index);
    const { spec, tickScale, lotScale } = lane;
    const s = epoch_s - ORIGIN_S;
    const start_ms = epoch_s * 1_000;
    const touched = overlay.touches(spec.symbol, start_ms, start_ms + 1_000);
    const pace = lane.pace(s);
    const nextPace = lane.pace(s + 1);
    const trades: RawTrade[] = [];
    const first = passAt(lane, Math.floor(pace)) >= pace ? Math.floor(pace) : Math.floor(pace) + 1;
    if (!touched && passAt(lane, first) >= nextPace) return trades;

    const open = lane.base(s);
    const slope = lane.base(s + 1) - open;
    const meanSize = spec.meanSize * (0.6 + 0.8 * mood(moodKey, s));
    const spread = spec.halfSpreadBps / 10_000;
    const trade = (
      ts_ms: number,
      size: number,
      buy: boolean,
      factor: number,
      noise: number,
      slow: number,
    ): RawTrade => {
      const shift = touched ? Math.exp(overlay.shift(spec.symbol, ts_ms)) : 1;
      const middle = (open + (slope * (ts_ms - start_ms)) / 1_000) * shift * factor;
      const away = spread * (0.6 + 0.8 * noise);
      return {
        ts_ms,
        ticks: Math.max(1, Math.round(middle * (buy ? 1 + away : 1 - away) * tickScale)),
        lots: Math.max(1, Math.round(size * lotScale)),
        buy,
        latency_ms: latencyOf(slow),
      };
    };

    const lean = slope > 0 ? 0.54 : 0.46;
    for (let k = first; ; k++) {
      const at = passAt(lane, k);
      if (at >= nextPace) break;
      const ts_ms = start_ms + Math.floor(((at - pace) / (nextPace - pace)) * 1_000);
      const random = bits(lane.priceKey, k);
      const buy = (random & 0xffff) / 65_536 < lean;
      const size = meanSize * sizeFactor(bits(lane.sizeKey, k));
      trades.push(trade(ts_ms, size, buy, 1, (random >>> 16) / 65_536, bits(lane.latencyKey, k)));
    }
    if (!touched) return trades;
    let ordinal = 0;
    for (const extra of overlay.extras(spec.symbol, start_ms, start_ms + 1_000)) {
      const random = bits(lane.priceKey ^ 0x3c6ef372, s * 1_000 + ordinal++);
      trades.push(trade(extra.ts_ms, extra.size, extra.buy, extra.factor, (random >>> 16) / 65_536, random));
    }
    return trades.sort((a, b) => a.ts_ms - b.ts_ms);
  };

  return {
    symbols: SYMBOLS,
    second,
    priceAt(index, ts_ms) {
      const lane = laneAt(index);
      const s = Math.floor(ts_ms / 1_000) - ORIGIN_S;
      const open = lane.base(s);
      const middle = open + ((lane.base(s + 1) - open) * (ts_ms - (s + ORIGIN_S) * 1_000)) / 1_000;
      return middle * Math.exp(overlay.shift(lane.spec.symbol, ts_ms));
    },
    minuteBar(index, start_ms) {
      const lane = laneAt(index);
      let [open, high, low, close] = [0, 0, Number.POSITIVE_INFINITY, 0];
      let [count, lots, buyLots, value, bins, last_ts_ms] = [0, 0, 0, 0, 0, Number.NEGATIVE_INFINITY];
      for (let s = start_ms / 1_000; s < start_ms / 1_000 + 60; s++) {
        for (const trade of second(index, s)) {
          if (count++ === 0) open = trade.ticks;
          if (trade.ticks > high) high = trade.ticks;
          if (trade.ticks < low) low = trade.ticks;
          close = trade.ticks;
          lots += trade.lots;
          if (trade.buy) buyLots += trade.lots;
          value += trade.ticks * trade.lots;
          if (Math.floor(trade.ts_ms / BIN_MS) !== Math.floor(last_ts_ms / BIN_MS)) bins++;
          last_ts_ms = trade.ts_ms;
        }
      }
      if (count === 0) return null;
      const { tickScale, lotScale } = lane;
      const notional = value / (tickScale * lotScale);
      const volume = lots / lotScale;
      return {
        kind: "bar",
        origin: ORIGIN,
        bar_id: barId(lane.spec.symbol, start_ms, "1m"),
        revision: 0,
        symbol: lane.spec.symbol,
        provider: PROVIDER,
        interval: "1m",
        start_ts_ms: start_ms,
        end_ts_ms: start_ms + MINUTE_MS,
        open: open / tickScale,
        high: high / tickScale,
        low: low / tickScale,
        close: close / tickScale,
        volume,
        notional,
        vwap: notional / volume,
        trade_count: count,
        bin_count: bins,
        buy_volume: buyLots / lotScale,
        max_late_ms: 0,
        final: true,
        partial: false,
        last_ts_ms,
      };
    },
  };
}

/**
 * The id of a trade counts up with time whatever the scenario, the seed or the acts: the `ordinal`-th trade of its symbol
 * within its millisecond. A restart can neither reuse an id for another trade nor fall behind one already given.
 */
function tradeSeq(ts_ms: number, ordinal: number): number {
  return ts_ms * 1_000 + ordinal;
}

export function toTrade(spec: SymbolSpec, raw: RawTrade, ordinal: number, recv_ms: number, fill?: string): Trade {
  const seq = tradeSeq(raw.ts_ms, ordinal);
  return {
    ver: 1,
    kind: "trade",
    origin: ORIGIN,
    provider: PROVIDER,
    symbol: spec.symbol,
    ts_ms: raw.ts_ms,
    recv_ms,
    price: raw.ticks / 10 ** spec.decimals,
    size: raw.lots / 10 ** spec.sizeDecimals,
    side: raw.buy ? "buy" : "sell",
    trade_id: String(seq),
    seq,
    event_id: eventId(PROVIDER, spec.symbol, raw.ts_ms, seq),
    ...(fill === undefined ? {} : { fill }),
  };
}
