import { isAmount, isPrice } from "../../../core/messages/common.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { failed, fieldsOf, jsonOf, listOf } from "../decode/answer.ts";
import { decimalText, type Fields, isFields, shown, symbolText } from "../decode/fields.ts";
import { decimalsOf } from "../decode/precision.ts";
import type { Candle, MarketInfo, Rest, VenueRest, VenueSymbol } from "../venue.ts";
import { tradeFrom } from "./market.ts";

const BASE = "https://api.exchange.coinbase.com";
const VENUE = "Coinbase";
const MINUTE_MS = 60_000;
const CANDLES_MAX = 300;
const TRADES_MAX = 1_000;
/** 50 000 trades back; what lies further is left as it is. */
const PAGES_MAX = 50;

async function ask(rest: Rest, path: string): Promise<{ url: string; value: unknown }> {
  const url = `${BASE}/${path}`;
  return { url, value: jsonOf(VENUE, url, await rest(url, 1)) };
}

export const rest: VenueRest = {
  async markets(rest) {
    const { url, value } = await ask(rest, "products");
    const stats = await ask(rest, "products/stats");
    const volumes = fieldsOf(VENUE, stats.url, stats.value);
    return listOf(VENUE, url, value).flatMap((one) => {
      const market = isFields(one) ? marketOf(one, volumes) : null;
      return market === null ? [] : [market];
    });
  },
  candles,
  trades,
};

function marketOf(one: Fields, volumes: Fields): MarketInfo | null {
  const venue = symbolText(one.id);
  const decimals = decimalsOf(one.quote_increment);
  if (venue === null || decimals === null) return null;
  const is_trading = one.status === "online" && one.trading_disabled !== true;
  return {
    symbol: venue.replace("-", ""),
    venue,
    decimals,
    quote_volume_24h: quoteVolume(Object.hasOwn(volumes, venue) ? volumes[venue] : undefined),
    is_trading,
  };
}

/** The venue says the volume in coins: it is valued at the last price. */
function quoteVolume(stats: unknown): number | null {
  const day = isFields(stats) ? stats.stats_24hour : undefined;
  if (!isFields(day)) return null;
  const value = decimalText(day.volume) * decimalText(day.last);
  return isAmount(value) ? value : null;
}

async function candles(rest: Rest, symbol: VenueSymbol, from_ms: number, to_ms: number): Promise<Candle[]> {
  const found: Candle[] = [];
  const path = `products/${encodeURIComponent(symbol.venue)}/candles?granularity=60`;
  for (let start = Math.ceil(from_ms / MINUTE_MS) * MINUTE_MS; start < to_ms; start += CANDLES_MAX * MINUTE_MS) {
    const last = Math.min(Math.ceil(to_ms / MINUTE_MS) * MINUTE_MS, start + CANDLES_MAX * MINUTE_MS) - MINUTE_MS;
    const range = `&start=${new Date(start).toISOString()}&end=${new Date(last).toISOString()}`;
    const { url, value } = await ask(rest, path + range);
    const page: Candle[] = [];
    for (const row of listOf(VENUE, url, value)) {
      const candle = candleOf(row);
      if (candle === null) throw failed(VENUE, url, `gave a candle that is none: ${shown(row)}`);
      // The one that is still forming ends after `to_ms`.
      const { start_ts_ms } = candle;
      if (start_ts_ms >= start && start_ts_ms <= last && start_ts_ms + MINUTE_MS <= to_ms) page.push(candle);
    }
    found.push(...page.sort((a, b) => a.start_ts_ms - b.start_ts_ms));
  }
  return found;
}

/** [start in seconds, low, high, open, close, volume], all numbers. */
function candleOf(row: unknown): Candle | null {
  if (!Array.isArray(row) || row.length < 6 || !row.every((one) => typeof one === "number")) return null;
  const [time, low, high, open, close, volume] = row as [number, number, number, number, number, number];
  if (!Number.isSafeInteger(time) || time <= 0 || ![low, high, open, close].every(isPrice) || !isAmount(volume))
    return null;
  if (low > Math.min(open, close) || high < Math.max(open, close)) return null;
  return {
    start_ts_ms: time * 1_000,
    open,
    high,
    low,
    close,
    volume,
    notional: null,
    trade_count: null,
    buy_volume: null,
  };
}

/** From the newest wanted back to the oldest, a page at a time: `after` means older than. */
async function trades(
  rest: Rest,
  symbol: VenueSymbol,
  { from_seq, to_seq, from_ms, to_ms }: Parameters<VenueRest["trades"]>[2],
): Promise<{ trades: Trade[]; complete: boolean }> {
  const found: Trade[] = [];
  const context = { provider: "coinbase", symbolOf: () => symbol.symbol };
  const path = `products/${encodeURIComponent(symbol.venue)}/trades?limit=${TRADES_MAX}`;
  let after = to_seq;
  let isReached = false;
  for (let page = 0; page < PAGES_MAX && !isReached; page++) {
    const { url, value } = await ask(rest, path + (after === null ? "" : `&after=${after}`));
    const list = listOf(VENUE, url, value);
    let oldest = after ?? Number.POSITIVE_INFINITY;
    for (const one of list) {
      const trade = isFields(one) ? tradeFrom(one, symbol.symbol, null, context) : null;
      if (trade === null || !("kind" in trade)) throw failed(VENUE, url, `gave a trade that is none: ${shown(one)}`);
      // A page that goes on where the last one did would say its trades twice.
      if (after !== null && trade.seq >= after) continue;
      oldest = Math.min(oldest, trade.seq);
      const isBefore = from_seq === null ? trade.ts_ms < from_ms : trade.seq <= from_seq;
      const isAfter = to_seq === null ? trade.ts_ms > to_ms : trade.seq >= to_seq;
      if (isBefore) isReached = true;
      else if (!isAfter) found.push(trade);
    }
    // The first trade of a product is number 1; an empty page is its beginning.
    if (oldest <= 1 || list.length === 0) break;
    if (from_seq !== null && oldest <= from_seq + 1) isReached = true;
    if (after !== null && oldest >= after) break;
    after = oldest;
  }
  found.sort((a, b) => a.seq - b.seq);
  const isUnbroken = found.every((trade, i) => i === 0 || trade.seq === found[i - 1]!.seq + 1);
  const isWhole = from_seq === null || to_seq === null || found.length === to_seq - from_seq - 1;
  return { trades: found, complete: isUnbroken && isWhole && (isReached || found[0]?.seq === 1) };
}
