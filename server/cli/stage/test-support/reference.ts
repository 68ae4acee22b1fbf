/** One trade as its file says it: the numbers are still text, so that sums can be exact. */
export interface Print {
  readonly symbol: string;
  readonly ts_ms: number;
  readonly price: string;
  readonly size: string;
  readonly isBuy: boolean;
  /** The venue's number of it, where it has one. */
  readonly id?: number;
}

export interface Candle {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: bigint;
  notional: bigint;
  buy_volume: bigint;
  trade_count: number;
}

const DIGITS = 18;

/** A decimal as a whole number of 10⁻¹⁸. */
export function exact(text: string): bigint {
  const [mantissa = "0", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const shift = DIGITS + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
}

/** How far a sum is from the exact one, as a share of it. */
export function off(value: number, sum: bigint, digits = DIGITS): number {
  const wanted = Number(sum) / 10 ** digits;
  return wanted === 0 ? Math.abs(value) : Math.abs(value / wanted - 1);
}
export const NOTIONAL_DIGITS = 2 * DIGITS;

/** A plain grouping, with exact sums; open and close by time, then by the order of the file. */
export function candlesOf(prints: readonly Print[], interval_ms: number): Map<string, Candle> {
  const candles = new Map<string, Candle>();
  const inOrder = prints.map((print, at) => ({ print, at }));
  inOrder.sort((a, b) => a.print.ts_ms - b.print.ts_ms || a.at - b.at);
  for (const { print } of inOrder) {
    const price = Number(print.price);
    const size = exact(print.size);
    const key = `${print.symbol} ${Math.floor(print.ts_ms / interval_ms) * interval_ms}`;
    const known = candles.get(key);
    const candle = known ?? {
      ...{ open: price, high: price, low: price, close: price },
      ...{ volume: 0n, notional: 0n, buy_volume: 0n, trade_count: 0 },
    };
    candle.high = Math.max(candle.high, price);
    candle.low = Math.min(candle.low, price);
    candle.close = price;
    candle.volume += size;
    candle.notional += size * exact(print.price);
    if (print.isBuy) candle.buy_volume += size;
    candle.trade_count++;
    if (known === undefined) candles.set(key, candle);
  }
  return candles;
}
