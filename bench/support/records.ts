import type { Trade } from "../../core/messages/index.ts";
import type { TradeColumns } from "../../core/stages/bars/columns.ts";

export const T0 = 1_700_006_400_000;

export type Columns = TradeColumns & { readonly count: number; readonly rate_per_s: number };

export interface Side {
  /** CPU time of the fastest round. */
  best_ms: number;
  rows: string[];
}

export const rowText = (symbol: number, start_ms: number, prices: readonly number[], sums: readonly number[]): string =>
  [symbol, start_ms, ...prices, ...sums.map((sum) => Math.round(sum * 1e6))].join(" ");

/** Rows of columns as the records that a feed would have made of them. */
export function recordsOf(columns: TradeColumns, from: number, to: number): Trade[] {
  const { provider, symbols, symbol, id, ts_ms, price, size, side } = columns;
  return Array.from({ length: to - from }, (_, k) => {
    const i = from + k;
    const name = symbols[symbol[i]!]!;
    return {
      ver: 1,
      kind: "trade",
      provider,
      symbol: name,
      ts_ms: ts_ms[i]!,
      price: price[i]!,
      size: size[i]!,
      side: side[i] === 1 ? "buy" : "sell",
      trade_id: String(id[i]),
      seq: id[i]!,
      event_id: `${provider}|${name}|${id[i]}`,
    };
  });
}
