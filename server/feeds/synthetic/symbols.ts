export interface SymbolSpec {
  readonly symbol: string;
  /** The price it lives around. */
  readonly anchor: number;
  /** Decimals of a price and of a size. */
  readonly decimals: number;
  readonly sizeDecimals: number;
  readonly tradesPerSec: number;
  readonly meanSize: number;
  /** Half the distance between bid and ask, in basis points of the price. */
  readonly halfSpreadBps: number;
  /** Share of the market's path it follows, and the standard deviation of a day's change (market; its own). */
  readonly marketVol: number;
  readonly ownVol: number;
  /** 1: trades come as irregularly as an even pace allows; less: steadier. */
  readonly jitter: number;
  /** How far the pace swings around its mean (0 to 1). */
  readonly swing: number;
}

type Row = [string, number, number, number, number, number, number, number, number];

// symbol, anchor, decimals, size decimals, trades/s, mean size, half spread (bps), market vol, own vol
const ROWS: readonly Row[] = [
  ["BTCUSDT", 68_000, 2, 5, 3, 0.03, 0.3, 0.02, 0.004],
  ["ETHUSDT", 3_500, 2, 4, 2.2, 0.4, 0.4, 0.024, 0.012],
  ["SOLUSDT", 170, 2, 3, 1.5, 8, 0.8, 0.028, 0.02],
  ["XRPUSDT", 0.62, 4, 1, 1, 900, 1, 0.022, 0.024],
  ["DOGEUSDT", 0.16, 5, 0, 0.8, 3_000, 1.2, 0.028, 0.026],
  ["LINKUSDT", 15, 3, 2, 0.4, 25, 1.5, 0.026, 0.022],
  ["AVAXUSDT", 32, 3, 2, 0.35, 12, 1.5, 0.028, 0.022],
];

/** Rarely traded on purpose: its candles must close in time although nothing arrives. */
export const QUIET_SYMBOL = "ATOMUSDT";

export const SYMBOLS: readonly SymbolSpec[] = [
  ...ROWS.map(
    ([
      symbol,
      anchor,
      decimals,
      sizeDecimals,
      tradesPerSec,
      meanSize,
      halfSpreadBps,
      marketVol,
      ownVol,
    ]): SymbolSpec => ({
      symbol,
      anchor,
      decimals,
      sizeDecimals,
      tradesPerSec,
      meanSize,
      halfSpreadBps,
      marketVol,
      ownVol,
      jitter: 1,
      swing: 0.7,
    }),
  ),
  {
    symbol: QUIET_SYMBOL,
    anchor: 6.2,
    decimals: 3,
    sizeDecimals: 2,
    tradesPerSec: 1 / 11,
    meanSize: 40,
    halfSpreadBps: 3,
    marketVol: 0.024,
    ownVol: 0.02,
    jitter: 0.5,
    swing: 0.25,
  },
];

/** Volume of an average minute: what "40× volume" is measured against. */
export function meanMinuteVolume(spec: SymbolSpec): number {
  return spec.tradesPerSec * spec.meanSize * 60;
}

export function specOf(symbol: string): SymbolSpec {
  const spec = SYMBOLS.find((s) => s.symbol === symbol);
  if (spec === undefined) throw new RangeError(`the synthetic market has no symbol ${symbol}`);
  return spec;
}
