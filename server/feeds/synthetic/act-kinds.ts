import type { Burst, Curve, Disturbance } from "./overlay.ts";
import { meanMinuteVolume, specOf } from "./symbols.ts";

export type ActKind = "headline" | "rise" | "fall" | "bad_print" | "mute" | "market";

export interface Act extends Disturbance {
  readonly kind: ActKind;
  /** When it begins, and when its last trace is gone. */
  readonly from_ms: number;
  readonly to_ms: number;
  readonly symbols: readonly string[];
  /** The connection says nothing, though it stays open. */
  readonly mute?: { readonly from_ms: number; readonly to_ms: number };
  /** Nothing in the market: what the news says at `from_ms`. */
  readonly headline?: { readonly title: string; readonly source: string };
}

const TAKER_SHARE = 0.92;

export interface Move {
  readonly symbol: string;
  readonly at_ms: number;
  /** Relative size of the move, e.g. 0.064. */
  readonly change: number;
  readonly ramp_ms: number;
  readonly hold_ms: number;
  /** The way back: what is left of the move so long after the hold; the last must be 0. */
  readonly back: readonly (readonly [after_ms: number, left: number])[];
  /** Volume of the minute that begins with the move, against the mean minute (its own normal trading is one of them). */
  readonly volumeTimes: number;
}

/**
 * A move a detector must believe. The mean 10 s volume of one side is a twelfth of the mean minute V, so 200 times that is
 * 16.7 V; of the 39 V added over the ramp (5 to 8 s) nine tenths are on the move's side. Orders: 30 times the mean of 10 s.
 */
export function move(m: Move): Act {
  const spec = specOf(m.symbol);
  const top_ms = m.at_ms + m.ramp_ms;
  const back_ms = top_ms + m.hold_ms;
  const to_ms = back_ms + m.back.at(-1)![0];
  const peak = Math.log(1 + m.change);
  const curve: Curve = {
    symbol: m.symbol,
    points: [
      [m.at_ms, 0],
      [top_ms, peak],
      [back_ms, peak],
      ...m.back.map(([after_ms, left]) => [back_ms + after_ms, Math.log(1 + left)] as const),
    ],
  };
  const burst: Burst = {
    symbol: m.symbol,
    from_ms: m.at_ms,
    to_ms: top_ms,
    trades: Math.ceil(30 * 10 * spec.tradesPerSec),
    volume: (m.volumeTimes - 1) * meanMinuteVolume(spec),
    buyShare: m.change > 0 ? TAKER_SHARE : 1 - TAKER_SHARE,
  };
  const kind = m.change > 0 ? "rise" : "fall";
  return { kind, from_ms: m.at_ms, to_ms, symbols: [m.symbol], curves: [curve], bursts: [burst], prints: [] };
}

/** Small trades while a price slides back, so that the end of a move is seen at once: five a second, no volume to speak of. */
export function fallBack(symbol: string, from_ms: number, to_ms: number): Burst {
  const trades = Math.ceil(((to_ms - from_ms) / 1_000) * 5);
  return { symbol, from_ms, to_ms, trades, volume: meanMinuteVolume(specOf(symbol)) * 0.3, buyShare: 0.4 };
}

/** One print far off, refuted within half a second by trades at the market's price. */
export function badPrint(symbol: string, at_ms: number, factor: number): Act {
  const { meanSize } = specOf(symbol);
  const print = (after_ms: number, buy: boolean, f: number, size: number) => ({
    symbol,
    ts_ms: Math.floor(at_ms) + after_ms,
    size: size * meanSize,
    buy,
    factor: f,
  });
  return {
    kind: "bad_print",
    from_ms: at_ms,
    to_ms: at_ms + 500,
    symbols: [symbol],
    curves: [],
    bursts: [],
    prints: [
      print(0, factor > 1, factor, 0.5),
      print(140, true, 1, 0.4),
      print(230, false, 1, 0.6),
      print(330, true, 1, 0.3),
      print(450, false, 1, 0.5),
    ],
  };
}

const MUTE_MS = 4_000;

/**
 * The stream falls silent for 4 s. It begins within a second, not at its edge (moved by a quarter of a second at most), and
 * the symbol trades on both sides of the beginning: so a candle that went out meanwhile is surely revised by the fill.
 */
export function mute(symbol: string, at_ms: number): Act {
  const second_ms = Math.floor(at_ms / 1_000) * 1_000;
  const from_ms = second_ms + Math.min(750, Math.max(250, Math.floor(at_ms - second_ms)));
  const to_ms = from_ms + MUTE_MS;
  const { meanSize } = specOf(symbol);
  const print = (ts_ms: number, buy: boolean) => ({ symbol, ts_ms, size: meanSize, buy, factor: 1 });
  const prints = [print(from_ms - 100, true), print(from_ms + 100, false)];
  return {
    kind: "mute",
    from_ms: from_ms - 100,
    to_ms,
    symbols: ["*"],
    curves: [],
    bursts: [],
    prints,
    mute: { from_ms, to_ms },
  };
}

/** [from s, to s, share of the volume]: most of it in the plunge, or no ten seconds would hold 200 times the mean. */
const MARKET_PARTS = [
  [0, 8, 0.06],
  [8, 18, 0.84],
  [18, 40, 0.1],
] as const;
const MARKET_STEPS = [
  [0, 0],
  [8, 0.1],
  [18, 0.875],
  [40, 1],
  [100, 1],
  [820, 0],
] as const;

/** Six symbols move together within 40 s, hold for a minute, and drift back over twelve. */
export function marketMove(symbols: readonly string[], at_ms: number, change: number, volumeTimes: number): Act {
  const peak = Math.log(1 + change);
  const at = (s: number): number => at_ms + s * 1_000;
  return {
    kind: "market",
    from_ms: at_ms,
    to_ms: at(820),
    symbols,
    curves: symbols.map((symbol) => ({
      symbol,
      points: MARKET_STEPS.map(([s, share]) => [at(s), peak * share] as const),
    })),
    bursts: symbols.flatMap((symbol) => {
      const spec = specOf(symbol);
      return MARKET_PARTS.map(
        ([from, to, share]): Burst => ({
          symbol,
          from_ms: at(from),
          to_ms: at(to),
          trades: Math.ceil(30 * 10 * spec.tradesPerSec * share),
          volume: (volumeTimes - 1) * meanMinuteVolume(spec) * share,
          buyShare: change > 0 ? TAKER_SHARE : 1 - TAKER_SHARE,
        }),
      );
    }),
    prints: [],
  };
}
