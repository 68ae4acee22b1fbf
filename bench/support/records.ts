import type { Trade } from "../../core/messages/index.ts";
import type { QuickTrade } from "../../core/stages/bars/quick.ts";

export const T0 = 1_700_006_400_000;

/** Trades of one venue whose ids count up: row `i` of each column is one trade. */
export interface Columns {
  readonly count: number;
  readonly rate_per_s: number;
  readonly provider: string;
  readonly symbols: readonly string[];
  /** Place in `symbols`. */
  readonly symbol: Uint16Array;
  readonly id: Float64Array;
  readonly ts_ms: Float64Array;
  readonly price: Float64Array;
  readonly size: Float64Array;
  /** 1: the taker bought, 2: sold. */
  readonly side: Uint8Array;
}

export interface Side {
  /** CPU time of the fastest round. */
  best_ms: number;
  rows: string[];
}

export const rowText = (symbol: number, start_ms: number, prices: readonly number[], sums: readonly number[]): string =>
  [symbol, start_ms, ...prices, ...sums.map((sum) => Math.round(sum * 1e6))].join(" ");

/** Rows of columns as the records that a feed would have made of them. */
export const recordsOf = (columns: Columns, from: number, to: number): Trade[] =>
  Array.from({ length: to - from }, (_, k) => recordOf(columns, from + k));

export function recordOf({ provider, symbols, symbol, id, ts_ms, price, size, side }: Columns, i: number): Trade {
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
}

/** Row after row in one object: what a reader has of a line before anyone asks for its record. */
export class Row implements QuickTrade {
  readonly provider: string;
  readonly recv_ms: undefined;
  readonly origin: undefined;
  symbol = "";
  seq = 0;
  ts_ms = 0;
  price = 0;
  size = 0;
  side: "buy" | "sell" = "buy";

  constructor(private readonly columns: Columns) {
    this.provider = columns.provider;
  }

  at(i: number): this {
    const { symbols, symbol, id, ts_ms, price, size, side } = this.columns;
    this.symbol = symbols[symbol[i]!]!;
    this.seq = id[i]!;
    this.ts_ms = ts_ms[i]!;
    this.price = price[i]!;
    this.size = size[i]!;
    this.side = side[i] === 1 ? "buy" : "sell";
    return this;
  }
}
