import { isAmount, isPrice } from "../../../core/messages/common.ts";
import { failed, fieldsOf, jsonOf, listOf } from "../decode/answer.ts";
import { decimalText, isFields, shown, venueTime, wholeNumber } from "../decode/fields.ts";
import { decimalsOf } from "../decode/precision.ts";
import type { BookUpdate, Candle, MarketInfo, Rest, VenueRest, VenueSymbol } from "../venue.ts";
import { marketOf, tradeOf } from "./records.ts";
import { wholeBook } from "./slow.ts";

/** What differs between spot and the USD-M futures. */
export interface RestPlan {
  readonly provider: string;
  readonly title: string;
  readonly base: string;
  readonly weights: {
    readonly markets: number;
    readonly volumes: number;
    readonly candles: number;
    readonly trades: number;
    readonly book: number;
  };
  readonly candles_max: number;
  /** Trades from an id on; null where that needs a key: then only the newest thousand can be had. */
  readonly tradesFrom: string | null;
}

const MINUTE_MS = 60_000;
const TRADES_MAX = 1_000;
/** A hole of more trades than this is not filled one by one. */
const TRADE_PAGES_MAX = 50;
const CANDLE_PAGES_MAX = 100;
const BOOK_LEVELS = 1_000;

export function binanceRest(plan: RestPlan): VenueRest {
  const { provider, title, base, weights } = plan;
  const context = { provider, symbolOf: (symbol: string) => symbol };
  const ask = async (rest: Rest, path: string, weight: number): Promise<unknown> => {
    const url = `${base}${path}`;
    return jsonOf(title, url, await rest(url, weight));
  };
  const broken = (path: string, value: unknown) => failed(title, `${base}${path}`, `answered ${shown(value)}`);

  async function markets(rest: Rest): Promise<readonly MarketInfo[]> {
    const volumes = new Map<string, number>();
    for (const row of listOf(title, base, await ask(rest, "/ticker/24hr", weights.volumes))) {
      if (!isFields(row) || typeof row.symbol !== "string") continue;
      const volume = decimalText(row.quoteVolume);
      if (isAmount(volume)) volumes.set(row.symbol, volume);
    }
    const info = fieldsOf(title, base, await ask(rest, "/exchangeInfo", weights.markets));
    const found: MarketInfo[] = [];
    for (const row of listOf(title, base, info.symbols)) {
      if (!isFields(row) || typeof row.symbol !== "string") continue;
      const filters = Array.isArray(row.filters) ? row.filters.filter(isFields) : [];
      const decimals = decimalsOf(filters.find((filter) => filter.filterType === "PRICE_FILTER")?.tickSize);
      // Names in other scripts cannot be symbols of ours.
      if (decimals === null || !VENUE_SYMBOL.test(row.symbol)) continue;
      found.push({
        symbol: row.symbol,
        venue: row.symbol,
        decimals,
        quote_volume_24h: volumes.get(row.symbol) ?? null,
        is_trading: row.status === "TRADING",
      });
    }
    return found;
  }

  async function candles(rest: Rest, symbol: VenueSymbol, from_ms: number, to_ms: number): Promise<readonly Candle[]> {
    const found: Candle[] = [];
    let start = Math.ceil(from_ms / MINUTE_MS) * MINUTE_MS;
    for (let page = 0; page < CANDLE_PAGES_MAX && start < to_ms; page++) {
      const path = `/klines?symbol=${symbol.venue}&interval=1m&startTime=${start}&endTime=${to_ms - 1}&limit=${plan.candles_max}`;
      const rows = listOf(title, base, await ask(rest, path, weights.candles));
      for (const row of rows) {
        const candle = candleOf(row);
        if (candle === null) throw broken("/klines", row);
        if (candle.start_ts_ms < start || candle.start_ts_ms >= to_ms) continue;
        found.push(candle);
        start = candle.start_ts_ms + MINUTE_MS;
      }
      if (rows.length < plan.candles_max) break;
    }
    return found;
  }

  async function trades(rest: Rest, symbol: VenueSymbol, range: Parameters<VenueRest["trades"]>[2]) {
    const market = marketOf(context, symbol.symbol);
    const page = async (path: string) => {
      const rows = listOf(title, base, await ask(rest, path, weights.trades));
      return rows.map((row) => {
        const trade = isFields(row) ? restTrade(row) : null;
        if (trade === null) throw broken(path, row);
        return trade;
      });
    };
    const made = (rows: readonly RestTrade[]) =>
      rows
        .filter(({ price }) => price > 0)
        .map((row) => tradeOf(market, row.ts_ms, null, row.id, row.price, row.size, row.isBuyerMaker));
    const { from_seq, to_seq, from_ms, to_ms } = range;
    if (plan.tradesFrom === null || from_seq === null) {
      const newest = await page(`/trades?symbol=${symbol.venue}&limit=${TRADES_MAX}`);
      const inside = newest.filter((row) => isInside(row, range)).sort((a, b) => a.id - b.id);
      const oldest = Math.min(...newest.map(({ id }) => id));
      const isCovered =
        from_seq === null ? newest.some((row) => row.ts_ms < from_ms) : newest.length > 0 && oldest <= from_seq + 1;
      return { trades: made(inside), complete: isCovered };
    }
    const found: RestTrade[] = [];
    let next = from_seq + 1;
    for (let pages = 0; pages < TRADE_PAGES_MAX; pages++) {
      const rows = await page(`${plan.tradesFrom}?symbol=${symbol.venue}&fromId=${next}&limit=${TRADES_MAX}`);
      rows.sort((a, b) => a.id - b.id);
      // Where they are no longer kept the answer begins later.
      if (rows.length === 0 || rows[0]!.id > next) break;
      for (const row of rows)
        if (row.id === next && isInside(row, range)) {
          found.push(row);
          next++;
        }
      const last = rows.at(-1)!;
      const isDone = to_seq === null ? last.ts_ms >= to_ms || rows.length < TRADES_MAX : next >= to_seq;
      if (isDone) return { trades: made(found), complete: true };
      if (last.id >= next) break;
    }
    return { trades: made(found), complete: false };
  }

  async function book(rest: Rest, symbol: VenueSymbol): Promise<BookUpdate> {
    const path = `/depth?symbol=${symbol.venue}&limit=${BOOK_LEVELS}`;
    const value = fieldsOf(title, base, await ask(rest, path, weights.book));
    // Spot says no time: a change that it holds or that follows brings one.
    const update = wholeBook(value, symbol.symbol, 0, context);
    if (typeof update === "string") throw failed(title, `${base}${path}`, update);
    return update;
  }

  return { markets, candles, trades, book };
}

export const VENUE_SYMBOL = /^[A-Z0-9]{2,30}(?:_[0-9]{6})?$/;

interface RestTrade {
  readonly id: number;
  readonly ts_ms: number;
  readonly price: number;
  readonly size: number;
  readonly isBuyerMaker: boolean;
}

/** Price 0: an insurance trade, which has a number like any other. */
function restTrade(row: Readonly<Record<string, unknown>>): RestTrade | null {
  const id = wholeNumber(row.id);
  const ts_ms = venueTime(row.time);
  const price = decimalText(row.price);
  const size = decimalText(row.qty);
  const isValue = (isPrice(price) && isAmount(size)) || (price === 0 && size === 0);
  if (id < 0 || ts_ms < 0 || !isValue || typeof row.isBuyerMaker !== "boolean") return null;
  return { id, ts_ms, price, size, isBuyerMaker: row.isBuyerMaker };
}

function isInside(
  { id, ts_ms }: RestTrade,
  { from_seq, to_seq, from_ms, to_ms }: Parameters<VenueRest["trades"]>[2],
): boolean {
  const isAfter = from_seq === null ? ts_ms >= from_ms : id > from_seq;
  const isBefore = to_seq === null ? ts_ms < to_ms : id < to_seq;
  return isAfter && isBefore;
}

/** [open time, open, high, low, close, volume, close time, quote volume, trades, taker buys, …] */
export function candleOf(row: unknown): Candle | null {
  if (!Array.isArray(row)) return null;
  const start_ts_ms = venueTime(row[0]);
  const [open, high, low, close] = [row[1], row[2], row[3], row[4]].map(decimalText) as [
    number,
    number,
    number,
    number,
  ];
  const [volume, notional, buy_volume] = [row[5], row[7], row[9]].map(decimalText) as [number, number, number];
  const trade_count = wholeNumber(row[8]);
  const arePrices = isPrice(open) && isPrice(high) && isPrice(low) && isPrice(close);
  const areAmounts = isAmount(volume) && isAmount(notional) && isAmount(buy_volume);
  if (start_ts_ms < 0 || start_ts_ms % MINUTE_MS !== 0 || !arePrices || !areAmounts || trade_count < 0) return null;
  if (low > Math.min(open, close) || high < Math.max(open, close)) return null;
  return { start_ts_ms, open, high, low, close, volume, notional, trade_count, buy_volume };
}
