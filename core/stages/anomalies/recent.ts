import type { Side } from "../../messages/index.ts";
import type { Print } from "./prints.ts";

/** The newest believed prints, in columns: evidence for what they may open, half as long in a checkpoint as objects. */
export interface Recent {
  /** Column of the newest; −1 before the first. */
  at: number;
  ts_ms: number[];
  price: number[];
  size: number[];
  side: Side[];
  trade_id: (string | null)[];
  lag_ms: number | null;
}

const KEPT = 8;

export const recent = (): Recent => ({
  at: -1,
  ts_ms: [],
  price: [],
  size: [],
  side: [],
  trade_id: [],
  lag_ms: null,
});

export function note(known: Recent, { ts_ms, price, size, side, trade_id, lag_ms }: Print): void {
  const at = known.at === KEPT - 1 ? 0 : known.at + 1;
  known.at = at;
  known.ts_ms[at] = ts_ms;
  known.price[at] = price;
  known.size[at] = size;
  known.side[at] = side;
  known.trade_id[at] = trade_id;
  known.lag_ms = lag_ms;
}

/** Undefined before the first. */
export const newestPrice = (known: Recent): number | undefined => known.price[known.at];
export const isEmpty = (known: Recent): boolean => known.at < 0;

/** Oldest first. */
export function prints(known: Recent): Omit<Print, "lag_ms">[] {
  const count = known.ts_ms.length;
  return Array.from({ length: count }, (_, i) => {
    const at = (known.at + 1 + i) % count;
    return {
      ts_ms: known.ts_ms[at]!,
      price: known.price[at]!,
      size: known.size[at]!,
      side: known.side[at]!,
      trade_id: known.trade_id[at]!,
    };
  });
}
