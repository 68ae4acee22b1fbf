import type { Bar, PriceSource } from "../../messages/bar.ts";
import type { Origin } from "../../messages/common.ts";

/** The provider of a bar that a failover touched. */
export const MIXED = "mixed";

/**
 * What a span of trades adds up to. Sums are compensated after Neumaier: the sum is `volume + volume_c`, right to double
 * rounding however many trades go in. An empty one has `high` 0.
 */
export interface Acc {
  open: number;
  high: number;
  low: number;
  close: number;
  /** Event time of the newest trade; 0 where it is not known. */
  last_ts_ms: number;
  volume: number;
  volume_c: number;
  notional: number;
  notional_c: number;
  buy: number;
  buy_c: number;
  trades: number;
  bins: number;
  late_ms: number;
  /** "" while empty. */
  provider: string;
  origin: Origin | "";
  /** A history bar inside said so. */
  partial: boolean;
  /** Which side of the quotes its prices are; "" where trades made them. */
  source: PriceSource | "";
}

export function emptyAcc(): Acc {
  return {
    open: 0,
    high: 0,
    low: 0,
    close: 0,
    last_ts_ms: 0,
    volume: 0,
    volume_c: 0,
    notional: 0,
    notional_c: 0,
    buy: 0,
    buy_c: 0,
    trades: 0,
    bins: 0,
    late_ms: 0,
    provider: "",
    origin: "",
    partial: false,
    source: "",
  };
}

export const isEmpty = (acc: Acc): boolean => acc.high === 0;

export function addVolume(acc: Acc, size: number): void {
  const sum = acc.volume + size;
  acc.volume_c += acc.volume >= size ? acc.volume - sum + size : size - sum + acc.volume;
  acc.volume = sum;
}

export function addNotional(acc: Acc, amount: number): void {
  const sum = acc.notional + amount;
  acc.notional_c += acc.notional >= amount ? acc.notional - sum + amount : amount - sum + acc.notional;
  acc.notional = sum;
}

export function addBuy(acc: Acc, size: number): void {
  const sum = acc.buy + size;
  acc.buy_c += acc.buy >= size ? acc.buy - sum + size : size - sum + acc.buy;
  acc.buy = sum;
}

export function touch(acc: Acc, provider: string, origin: Origin | "" | undefined): void {
  if (acc.provider !== provider) acc.provider = acc.provider === "" ? provider : MIXED;
  // A venue's candles stand in where our own trades are missing; what holds both is ours.
  if (origin !== undefined && origin !== acc.origin && (acc.origin === "" || acc.origin === "venue")) {
    acc.origin = origin;
  }
}

/**
 * Adds a later span to an earlier one. The result depends on the spans and their order alone, not on when it is done.
 * Quotes stand in only where there are no trades: beside a trade they say nothing.
 */
export function append(acc: Acc, later: Acc): void {
  if (isEmpty(later)) return;
  if (acc.source !== later.source && !isEmpty(acc)) {
    if (later.source !== "") return;
    Object.assign(acc, emptyAcc());
  }
  if (isEmpty(acc)) {
    acc.source = later.source;
    acc.open = later.open;
    acc.high = later.high;
    acc.low = later.low;
  } else {
    if (later.high > acc.high) acc.high = later.high;
    if (later.low < acc.low) acc.low = later.low;
  }
  acc.close = later.close;
  if (later.last_ts_ms > acc.last_ts_ms) acc.last_ts_ms = later.last_ts_ms;
  addVolume(acc, later.volume);
  acc.volume_c += later.volume_c;
  addNotional(acc, later.notional);
  acc.notional_c += later.notional_c;
  addBuy(acc, later.buy);
  acc.buy_c += later.buy_c;
  acc.trades += later.trades;
  acc.bins += later.bins;
  if (later.late_ms > acc.late_ms) acc.late_ms = later.late_ms;
  touch(acc, later.provider, later.origin);
  acc.partial ||= later.partial;
}

/** As a bar states it: minutes are folded on as stated, so that stored minutes and kept ones add up to the same bits. */
export function rounded(acc: Acc): Acc {
  return {
    ...acc,
    volume: acc.volume + acc.volume_c,
    volume_c: 0,
    notional: acc.notional + acc.notional_c,
    notional_c: 0,
    buy: acc.buy + acc.buy_c,
    buy_c: 0,
  };
}

export function accOfBar(bar: Bar): Acc {
  return {
    ...emptyAcc(),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    last_ts_ms: bar.last_ts_ms ?? 0,
    volume: bar.volume,
    // Some venues' candles carry no turnover.
    notional: bar.notional > 0 ? bar.notional : bar.volume * bar.vwap,
    buy: bar.buy_volume,
    trades: bar.trade_count,
    bins: bar.bin_count,
    late_ms: bar.max_late_ms,
    provider: bar.provider,
    origin: bar.origin ?? "",
    partial: bar.partial,
    source: bar.price_source ?? "",
  };
}
