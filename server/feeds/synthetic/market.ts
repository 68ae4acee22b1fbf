import { type Bar, barId } from "../../../core/messages/bar.ts";
import { eventId, type Trade } from "../../../core/messages/trade.ts";
import { createLanes, type Lane, latencyOf, passAt, sizeFactor } from "./lanes.ts";
import { ORIGIN_S } from "./path.ts";
import { bits } from "./prng.ts";
import { SYMBOLS, type SymbolSpec } from "./symbols.ts";

export const PROVIDER = "synthetic";
export const ORIGIN = "synthetic" as const;
export const MINUTE_MS = 60_000;
/** A candle's `bin_count` counts the bins of this width that hold a trade. */
const BIN_MS = 10;

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

/** The straight line on which a lane's prices move within one second. */
interface Stretch {
  readonly start_ms: number;
  readonly open: number;
  readonly slope: number;
}

type Visit = (ts_ms: number, ticks: number, lots: number, buy: boolean, k: number) => void;

export function createMarket(seed: number, overlay: Overlay = NO_OVERLAY): Market {
  const { lanes, moodAt } = createLanes(seed);

  const laneAt = (index: number): Lane => {
    const lane = lanes[index];
    if (lane === undefined) throw new RangeError(`the synthetic market has no symbol number ${index}`);
    return lane;
  };

  const stretchOf = (lane: Lane, epoch_s: number): Stretch => {
    const open = lane.base(epoch_s - ORIGIN_S);
    return { start_ms: epoch_s * 1_000, open, slope: lane.base(epoch_s + 1 - ORIGIN_S) - open };
  };

  const ticksOf = (lane: Lane, on: Stretch, ts_ms: number, moved: number, buy: boolean, noise: number): number => {
    const middle = (on.open + (on.slope * (ts_ms - on.start_ms)) / 1_000) * moved;
    const away = (lane.spec.halfSpreadBps / 10_000) * (0.6 + 0.8 * noise);
    return Math.max(1, Math.round(middle * (buy ? 1 + away : 1 - away) * lane.tickScale));
  };

  const lotsOf = (lane: Lane, size: number): number => Math.max(1, Math.round(size * lane.lotScale));
  const shiftAt = (lane: Lane, ts_ms: number): number => Math.exp(overlay.shift(lane.spec.symbol, ts_ms));

  /** The normal market's trades of a second, in time order; trade `k` of its lane. */
  const walk = (lane: Lane, epoch_s: number, touched: boolean, visit: Visit): void => {
    const s = epoch_s - ORIGIN_S;
    const pace = lane.pace(s);
    const nextPace = lane.pace(s + 1);
    const first = passAt(lane, Math.floor(pace)) >= pace ? Math.floor(pace) : Math.floor(pace) + 1;
    if (passAt(lane, first) >= nextPace) return;
    const on = stretchOf(lane, epoch_s);
    const lean = on.slope > 0 ? 0.54 : 0.46;
    const meanSize = lane.spec.meanSize * (0.6 + 0.8 * moodAt(s));
    for (let k = first; ; k++) {
      const at = passAt(lane, k);
      if (at >= nextPace) return;
      const ts_ms = on.start_ms + Math.floor(((at - pace) / (nextPace - pace)) * 1_000);
      const random = bits(lane.priceKey, k);
      const buy = (random & 0xffff) / 65_536 < lean;
      const moved = touched ? shiftAt(lane, ts_ms) : 1;
      const lots = lotsOf(lane, meanSize * sizeFactor(bits(lane.sizeKey, k)));
      visit(ts_ms, ticksOf(lane, on, ts_ms, moved, buy, (random >>> 16) / 65_536), lots, buy, k);
    }
  };

  /** Those and the overlay's, merged by time. */
  const second = (index: number, epoch_s: number): RawTrade[] => {
    const lane = laneAt(index);
    const { symbol } = lane.spec;
    const start_ms = epoch_s * 1_000;
    const touched = overlay.touches(symbol, start_ms, start_ms + 1_000);
    const trades: RawTrade[] = [];
    walk(lane, epoch_s, touched, (ts_ms, ticks, lots, buy, k) => {
      trades.push({ ts_ms, ticks, lots, buy, latency_ms: latencyOf(bits(lane.latencyKey, k)) });
    });
    if (!touched) return trades;
    const on = stretchOf(lane, epoch_s);
    let ordinal = 0;
    for (const { ts_ms, size, buy, factor } of overlay.extras(symbol, start_ms, start_ms + 1_000)) {
      const random = bits(lane.priceKey ^ 0x3c6ef372, (epoch_s - ORIGIN_S) * 1_000 + ordinal++);
      const moved = shiftAt(lane, ts_ms) * factor;
      const ticks = ticksOf(lane, on, ts_ms, moved, buy, (random >>> 16) / 65_536);
      trades.push({ ts_ms, ticks, lots: lotsOf(lane, size), buy, latency_ms: latencyOf(random) });
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
      const add = (ts_ms: number, ticks: number, sold: number, buy: boolean): void => {
        if (count++ === 0) open = ticks;
        if (ticks > high) high = ticks;
        if (ticks < low) low = ticks;
        close = ticks;
        lots += sold;
        if (buy) buyLots += sold;
        value += ticks * sold;
        if (Math.floor(ts_ms / BIN_MS) !== Math.floor(last_ts_ms / BIN_MS)) bins++;
        last_ts_ms = ts_ms;
      };
      const touched = overlay.touches(lane.spec.symbol, start_ms, start_ms + MINUTE_MS);
      for (let s = start_ms / 1_000; s < start_ms / 1_000 + 60; s++) {
        if (touched) for (const one of second(index, s)) add(one.ts_ms, one.ticks, one.lots, one.buy);
        else walk(lane, s, false, add);
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
