import { eventId, type Trade } from "../../messages/trade.ts";
import { type DedupeState, isDuplicate, knownSource } from "../dedupe.ts";
import { find } from "../symbols.ts";
import { countPlain, hotRows, isRepeated, load, store } from "./hot.ts";
import { type BarsOut, bars } from "./index.ts";
import type { BarsState } from "./state.ts";
import { PRICE_MAX, SIZE_MAX } from "./trades.ts";

/** Trades of one venue whose ids count up, in columns: row `i` of each is one trade. */
export interface TradeColumns {
  readonly provider: string;
  readonly symbols: readonly string[];
  /** Place in `symbols`. */
  readonly symbol: Uint16Array;
  readonly id: Float64Array;
  readonly ts_ms: Float64Array;
  readonly price: Float64Array;
  readonly size: Float64Array;
  /** 1: the taker bought, 2: sold, 0: not told. */
  readonly side: Uint8Array;
}

const SIDES = [null, "buy", "sell"] as const;

interface Stages {
  readonly dedupe: DedupeState;
  readonly bars: BarsState;
}

/** Takes rows [from, to) of columns with the same `symbols` and `provider`. */
export type TakeRows = (columns: TradeColumns, from: number, to: number, emit: (out: BarsOut) => void) => void;

/**
 * dedupe → bars over columns: says what the two stages say of the same trades as records, and leaves the same state. What is
 * plain (the next id, into the open bar) is counted in a row of numbers; all else takes the way of a record. Other records
 * may be given to the stages in between.
 */
export function rowsInto(state: Stages, { symbols, provider }: Pick<TradeColumns, "symbols" | "provider">): TakeRows {
  const hot = hotRows(symbols.length);
  const { settings, counts } = state.bars;
  const isOfTrades = settings.price_source === "auto" || settings.price_source === "trade";
  const storeAll = (): void => {
    for (let at = 0; at < symbols.length; at++) store(hot, at);
  };
  /** False if the row is in use already, or cannot be. */
  const warm = (at: number): boolean => {
    if (hot.of[at] !== null || !isOfTrades) return false;
    const s = find(state.bars.symbols, symbols[at]!);
    const source = knownSource(state.dedupe, symbols[at]!, provider);
    return s !== undefined && source !== undefined && load(hot, at, state.bars, s, source, provider);
  };
  const isPlain = ({ symbol, id, ts_ms, price, size, side }: TradeColumns, i: number): boolean => {
    const p = price[i]!;
    const q = size[i]!;
    const isUsable = p > 0 && p <= PRICE_MAX && q >= 0 && q <= SIZE_MAX;
    return isUsable && countPlain(hot, symbol[i]!, settings, id[i]!, ts_ms[i]!, p, q, side[i] === 1);
  };
  const takeRecord = (at: number, trade: Trade, emit: (out: BarsOut) => void): void => {
    // A new symbol may push out another one, by how long ago that was heard of.
    if (find(state.bars.symbols, trade.symbol) === undefined) storeAll();
    else store(hot, at);
    if (isDuplicate(state.dedupe, trade)) state.dedupe.duplicates++;
    else bars.step(state.bars, trade, emit);
  };
  return (columns, from, to, emit) => {
    const { symbol } = columns;
    for (let i = from; i < to; i++) {
      const at = symbol[i]!;
      if (isPlain(columns, i) || (warm(at) && isPlain(columns, i))) counts.trades++;
      else if (isRepeated(hot, at, columns.id[i]!, columns.ts_ms[i]!)) state.dedupe.duplicates++;
      else takeRecord(at, rowOf(columns, i), emit);
    }
    storeAll();
  };
}

function rowOf({ provider, symbols, symbol, id, ts_ms, price, size, side }: TradeColumns, i: number): Trade {
  const [name, time, seq] = [symbols[symbol[i]!]!, ts_ms[i]!, id[i]!];
  return {
    ver: 1,
    kind: "trade",
    provider,
    symbol: name,
    ts_ms: time,
    price: price[i]!,
    size: size[i]!,
    side: SIDES[side[i]!]!,
    trade_id: String(seq),
    seq,
    // Asked for only where the trade is refused, and the dearest part of it.
    get event_id() {
      return eventId(provider, name, time >= 0 && time <= 8.64e15 ? time : 0, seq);
    },
  };
}
