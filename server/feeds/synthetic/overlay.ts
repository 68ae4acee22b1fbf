import type { ExtraTrade, Overlay } from "./market.ts";
import { streamKey, unit } from "./prng.ts";

/** Displacement of a symbol's log price: straight between the points, 0 before the first and after the last. */
export interface Curve {
  readonly symbol: string;
  readonly points: readonly (readonly [ts_ms: number, log: number])[];
}

/** Trades spread evenly over from_ms ≤ time < to_ms, on top of the normal ones. */
export interface Burst {
  readonly symbol: string;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly trades: number;
  readonly volume: number;
  readonly buyShare: number;
}

/** One trade at the market's price times `factor`. */
export interface Print {
  readonly symbol: string;
  readonly ts_ms: number;
  readonly size: number;
  readonly buy: boolean;
  readonly factor: number;
}

/** What something does to the market. */
export interface Disturbance {
  readonly curves: readonly Curve[];
  readonly bursts: readonly Burst[];
  readonly prints: readonly Print[];
}

export function curveAt(curve: Curve, ts_ms: number): number {
  const { points } = curve;
  for (let i = 1; i < points.length; i++) {
    const [to_ms, to] = points[i]!;
    const [from_ms, from] = points[i - 1]!;
    if (ts_ms >= from_ms && ts_ms <= to_ms) return from + ((to - from) * (ts_ms - from_ms)) / (to_ms - from_ms);
  }
  return 0;
}

function burstTrades(seed: number, burst: Burst, from_ms: number, to_ms: number): ExtraTrade[] {
  const key = streamKey(seed, `burst/${burst.symbol}/${burst.from_ms}`);
  const step_ms = (burst.to_ms - burst.from_ms) / burst.trades;
  const first = Math.max(0, Math.floor((from_ms - burst.from_ms) / step_ms) - 1);
  const last = Math.min(burst.trades - 1, Math.ceil((to_ms - burst.from_ms) / step_ms));
  const found: ExtraTrade[] = [];
  for (let j = first; j <= last; j++) {
    const ts_ms = Math.floor(burst.from_ms + (j + unit(key, 3 * j)) * step_ms);
    if (ts_ms < from_ms || ts_ms >= to_ms) continue;
    const size = (burst.volume / burst.trades) * (0.5 + unit(key, 3 * j + 1));
    found.push({ ts_ms, size, buy: unit(key, 3 * j + 2) < burst.buyShare, factor: 1 });
  }
  return found;
}

/** The overlay of whatever `between` says is going on at a time. */
export function overlayOf(seed: number, between: (from_ms: number, to_ms: number) => readonly Disturbance[]): Overlay {
  return {
    touches: (symbol, from_ms, to_ms) =>
      between(from_ms, to_ms).some(
        ({ curves, bursts, prints }) =>
          curves.some((c) => c.symbol === symbol) ||
          bursts.some((b) => b.symbol === symbol) ||
          prints.some((p) => p.symbol === symbol),
      ),
    shift(symbol, ts_ms) {
      let sum = 0;
      for (const { curves } of between(ts_ms, ts_ms)) {
        for (const curve of curves) if (curve.symbol === symbol) sum += curveAt(curve, ts_ms);
      }
      return sum;
    },
    extras(symbol, from_ms, to_ms) {
      const found: ExtraTrade[] = [];
      for (const { bursts, prints } of between(from_ms, to_ms)) {
        for (const burst of bursts) {
          if (burst.symbol === symbol) found.push(...burstTrades(seed, burst, from_ms, to_ms));
        }
        for (const print of prints) {
          if (print.symbol === symbol && print.ts_ms >= from_ms && print.ts_ms < to_ms) found.push(print);
        }
      }
      return found.sort((a, b) => a.ts_ms - b.ts_ms);
    },
  };
}
