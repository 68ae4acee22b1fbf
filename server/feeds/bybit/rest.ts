import { isAmount, isPrice } from "../../../core/messages/common.ts";
import { failed, fieldsOf, jsonOf, listOf } from "../decode/answer.ts";
import { decimalText, type Fields, isFields, symbolText, wholeNumber } from "../decode/fields.ts";
import { decimalsOf } from "../decode/precision.ts";
import type { Candle, MarketInfo, Rest, VenueRest, VenueSymbol } from "../venue.ts";
import { timeText, tradeOfRest } from "./slow.ts";

export type Category = "spot" | "linear";

const BASE = "https://api.bybit.com/v5/market";
const VENUE = "Bybit";
const MINUTE_MS = 60_000;
const CANDLES_MAX = 1_000;
const PAGES_MAX = 20;
/** The newest trades; there is no going further back. */
const TRADES_MAX: Readonly<Record<Category, number>> = { spot: 60, linear: 1_000 };

/** What the answer holds, and the venue's time when it was made. */
async function ask(rest: Rest, path: string): Promise<{ url: string; result: Fields; now_ms: number }> {
  const url = `${BASE}/${path}`;
  const body = fieldsOf(VENUE, url, jsonOf(VENUE, url, await rest(url, 1)));
  if (body.retCode !== 0) throw failed(VENUE, url, `refused: ${String(body.retMsg)} (${String(body.retCode)})`);
  return { url, result: fieldsOf(VENUE, url, body.result), now_ms: wholeNumber(body.time) };
}

export function restOf(category: Category, provider: string): VenueRest {
  return {
    async markets(rest) {
      const markets = await instruments(rest, category);
      const { url, result } = await ask(rest, `tickers?category=${category}`);
      const turnover = new Map<unknown, number>();
      for (const one of listOf(VENUE, url, result.list)) {
        if (isFields(one)) turnover.set(one.symbol, decimalText(one.turnover24h));
      }
      return markets.map((market) => {
        const volume = turnover.get(market.venue) ?? Number.NaN;
        return { ...market, quote_volume_24h: isAmount(volume) ? volume : null };
      });
    },
    candles: (rest, symbol, from_ms, to_ms) => candles(rest, category, symbol, from_ms, to_ms),
    async trades(rest, symbol, { from_ms, to_ms }) {
      const limit = TRADES_MAX[category];
      const path = `recent-trade?category=${category}&symbol=${encodeURIComponent(symbol.venue)}&limit=${limit}`;
      const { url, result } = await ask(rest, path);
      const list = listOf(VENUE, url, result.list);
      const context = { provider, symbolOf: () => symbol.symbol };
      const trades = [];
      let isWhole = true;
      let oldest_ms = Number.POSITIVE_INFINITY;
      for (const one of list) {
        const trade = tradeOfRest(one, symbol.symbol, context);
        if (trade === null) {
          isWhole = false;
          continue;
        }
        oldest_ms = Math.min(oldest_ms, trade.ts_ms);
        if (trade.ts_ms >= from_ms && trade.ts_ms <= to_ms) trades.push(trade);
      }
      // Newest first, and in the order they happened within a millisecond: turned round, that order holds.
      trades.reverse();
      trades.sort((a, b) => a.ts_ms - b.ts_ms);
      return { trades, complete: isWhole && oldest_ms < from_ms };
    },
  };
}

async function instruments(rest: Rest, category: Category): Promise<MarketInfo[]> {
  const markets: MarketInfo[] = [];
  let cursor = "";
  for (let page = 0; page < PAGES_MAX; page++) {
    const next = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { url, result } = await ask(rest, `instruments-info?category=${category}&limit=1000${next}`);
    for (const one of listOf(VENUE, url, result.list)) {
      const market = isFields(one) ? marketOf(one) : null;
      if (market !== null) markets.push(market);
    }
    const following = typeof result.nextPageCursor === "string" ? result.nextPageCursor : "";
    if (following === "" || following === cursor) break;
    cursor = following;
  }
  return markets;
}

/** Null for dated futures, whose names say a day, and for what cannot be read. */
function marketOf(one: Fields): MarketInfo | null {
  const venue = symbolText(one.symbol);
  if (venue === null || venue.includes("-")) return null;
  const decimals = isFields(one.priceFilter) ? decimalsOf(one.priceFilter.tickSize) : null;
  if (decimals === null) return null;
  return { symbol: venue, venue, decimals, quote_volume_24h: null, is_trading: one.status === "Trading" };
}

async function candles(
  rest: Rest,
  category: Category,
  symbol: VenueSymbol,
  from_ms: number,
  to_ms: number,
): Promise<Candle[]> {
  const found: Candle[] = [];
  const name = encodeURIComponent(symbol.venue);
  for (let start = Math.ceil(from_ms / MINUTE_MS) * MINUTE_MS; start < to_ms; start += CANDLES_MAX * MINUTE_MS) {
    const end = Math.min(to_ms - 1, start + CANDLES_MAX * MINUTE_MS - 1);
    const range = `start=${start}&end=${end}&limit=${CANDLES_MAX}`;
    const { url, result, now_ms } = await ask(rest, `kline?category=${category}&symbol=${name}&interval=1&${range}`);
    const page: Candle[] = [];
    for (const row of listOf(VENUE, url, result.list)) {
      const candle = candleOf(row);
      if (candle === null) throw failed(VENUE, url, `gave a candle that is none: ${JSON.stringify(row)}`);
      const isFinal = candle.start_ts_ms + MINUTE_MS <= now_ms;
      if (isFinal && candle.start_ts_ms >= start && candle.start_ts_ms <= end) page.push(candle);
    }
    found.push(...page.sort((a, b) => a.start_ts_ms - b.start_ts_ms));
  }
  return found;
}

/** [start, open, high, low, close, volume, turnover], all texts. */
function candleOf(row: unknown): Candle | null {
  if (!Array.isArray(row)) return null;
  const start_ts_ms = timeText(row[0]);
  const [open, high, low, close, volume, notional] = row.slice(1, 7).map(decimalText) as number[] as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (start_ts_ms < 0 || ![open, high, low, close].every(isPrice)) return null;
  if (!isAmount(volume) || !isAmount(notional) || low > Math.min(open, close) || high < Math.max(open, close))
    return null;
  return { start_ts_ms, open, high, low, close, volume, notional, trade_count: null, buy_volume: null };
}
