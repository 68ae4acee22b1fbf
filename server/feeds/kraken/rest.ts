import { isAmount, isPrice } from "../../../core/messages/common.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { failed, fieldsOf, jsonOf, listOf } from "../decode/answer.ts";
import { decimalText, type Fields, isFields, shown, symbolText, wholeNumber } from "../decode/fields.ts";
import { tradeOf } from "../decode/records.ts";
import type { Candle, MarketInfo, ParseContext, Rest, VenueRest, VenueSymbol } from "../venue.ts";
import { restName, streamName } from "./symbols.ts";

const BASE = "https://api.kraken.com/0/public";
const VENUE = "Kraken";
const MINUTE_MS = 60_000;
const TRADES_MAX = 1_000;
const PAGES_MAX = 50;

/** `text` may change the answer before it is read. */
async function ask(rest: Rest, path: string, text = (body: string) => body): Promise<{ url: string; result: Fields }> {
  const url = `${BASE}/${path}`;
  const answer = await rest(url, 1);
  const body = fieldsOf(VENUE, url, jsonOf(VENUE, url, { ...answer, body: text(answer.body) }));
  const errors = listOf(VENUE, url, body.error);
  if (errors.length > 0) throw failed(VENUE, url, `refused: ${errors.map(String).join(", ")}`);
  return { url, result: fieldsOf(VENUE, url, body.result) };
}

/** The venue names a pair in the answer as it likes: the list is what is not `last`. */
function listIn(url: string, result: Fields): readonly unknown[] {
  const name = Object.keys(result).find((key) => key !== "last");
  return listOf(VENUE, url, name === undefined ? undefined : result[name]);
}

export const rest: VenueRest = {
  async markets(rest) {
    const { result } = await ask(rest, "AssetPairs");
    const tickers = (await ask(rest, "Ticker")).result;
    return Object.entries(result).flatMap(([name, pair]) => {
      const market = isFields(pair) ? marketOf(pair, Object.hasOwn(tickers, name) ? tickers[name] : undefined) : null;
      return market === null ? [] : [market];
    });
  },
  candles,
  trades,
};

function marketOf(pair: Fields, ticker: unknown): MarketInfo | null {
  const wsname = symbolText(pair.wsname);
  const decimals = wholeNumber(pair.pair_decimals);
  if (wsname === null || decimals < 0 || decimals > 20) return null;
  const venue = streamName(wsname);
  return {
    symbol: venue.replace("/", ""),
    venue,
    decimals,
    quote_volume_24h: quoteVolume(ticker),
    is_trading: pair.status === "online",
  };
}

/** Volume and average price of the last 24 h are each the second of two. */
function quoteVolume(ticker: unknown): number | null {
  if (!isFields(ticker) || !Array.isArray(ticker.v) || !Array.isArray(ticker.p)) return null;
  const value = decimalText(ticker.v[1]) * decimalText(ticker.p[1]);
  return isAmount(value) ? value : null;
}

/** The venue keeps the last 720 minutes; what lies further back is not there. */
async function candles(rest: Rest, symbol: VenueSymbol, from_ms: number, to_ms: number): Promise<Candle[]> {
  const since = Math.floor(from_ms / 1_000) - 1;
  const { url, result } = await ask(rest, `OHLC?pair=${restName(symbol.venue)}&interval=1&since=${since}`);
  const found: Candle[] = [];
  for (const row of listIn(url, result)) {
    const candle = candleOf(row);
    if (candle === null) throw failed(VENUE, url, `gave a candle that is none: ${shown(row)}`);
    // The one that is still forming ends after `to_ms`.
    if (candle.start_ts_ms >= from_ms && candle.start_ts_ms + MINUTE_MS <= to_ms) found.push(candle);
  }
  return found.sort((a, b) => a.start_ts_ms - b.start_ts_ms);
}

/** [start in seconds, open, high, low, close, vwap, volume, count]; minutes without a trade have the average price 0. */
function candleOf(row: unknown): Candle | null {
  if (!Array.isArray(row)) return null;
  const time = wholeNumber(row[0]);
  const trade_count = wholeNumber(row[7]);
  const [open, high, low, close, vwap, volume] = row.slice(1, 7).map(decimalText) as number[] as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (time <= 0 || trade_count < 0 || ![open, high, low, close].every(isPrice)) return null;
  if (!isAmount(volume) || !isAmount(vwap) || low > Math.min(open, close) || high < Math.max(open, close)) return null;
  const notional = vwap * volume;
  return { start_ts_ms: time * 1_000, open, high, low, close, volume, notional, trade_count, buy_volume: null };
}

/** A trade's time is a number with more decimals than a double holds: it is read as the text it is. */
const timesAsTexts = (body: string): string => body.replace(/,\s*(\d+(?:\.\d+)?)\s*,\s*"([bs])"/g, ',"$1","$2"');

/** Forward from the oldest wanted, a page at a time. */
async function trades(
  rest: Rest,
  symbol: VenueSymbol,
  { from_seq, to_seq, from_ms, to_ms }: Parameters<VenueRest["trades"]>[2],
): Promise<{ trades: Trade[]; complete: boolean }> {
  const found: Trade[] = [];
  const context = { provider: "kraken", symbolOf: () => symbol.symbol };
  const path = `Trades?pair=${restName(symbol.venue)}&count=${TRADES_MAX}`;
  // One before, and in nanoseconds: `since` itself is left out.
  let since = `${Math.max(0, Math.floor(from_ms) - 1)}000000`;
  let isReached = false;
  for (let page = 0; page < PAGES_MAX && !isReached; page++) {
    const { url, result } = await ask(rest, `${path}&since=${since}`, timesAsTexts);
    const list = listIn(url, result);
    for (const row of list) {
      const trade = tradeFrom(row, symbol.symbol, context);
      if (trade === null) throw failed(VENUE, url, `gave a trade that is none: ${shown(row)}`);
      const isBefore = from_seq === null ? trade.ts_ms < from_ms : trade.seq <= from_seq;
      const isAfter = to_seq === null ? trade.ts_ms > to_ms : trade.seq >= to_seq;
      if (isAfter) isReached = true;
      else if (!isBefore && trade.seq > (found.at(-1)?.seq ?? -1)) found.push(trade);
    }
    const last = typeof result.last === "string" ? result.last : "";
    if (list.length < TRADES_MAX) isReached = true;
    if (!/^\d{1,20}$/.test(last) || last === since) break;
    since = last;
  }
  const isUnbroken = found.every((trade, i) => i === 0 || trade.seq === found[i - 1]!.seq + 1);
  const isWhole =
    from_seq !== null && to_seq !== null
      ? found.length === to_seq - from_seq - 1
      : from_seq === null || found[0] === undefined || found[0].seq === from_seq + 1;
  return { trades: found, complete: isReached && isUnbroken && isWhole };
}

/** [price, volume, seconds, "b" | "s", "m" | "l", misc, id] */
function tradeFrom(row: unknown, symbol: string, context: ParseContext): Trade | null {
  if (!Array.isArray(row)) return null;
  const [priceText, sizeText, time, side, , , id] = row as unknown[];
  const price = decimalText(priceText);
  const size = decimalText(sizeText);
  const ts_ms = secondsOf(time);
  const seq = wholeNumber(id);
  if (!isPrice(price) || !isAmount(size) || size === 0 || ts_ms < 0 || seq < 0) return null;
  if (side !== "b" && side !== "s") return null;
  const trade_id = String(seq);
  return tradeOf(context, {
    symbol,
    ts_ms,
    recv_ms: null,
    price,
    size,
    side: side === "b" ? "buy" : "sell",
    trade_id,
    seq,
    key: trade_id,
  });
}

/** Cut at the microsecond, as the stream's times are. */
function secondsOf(value: unknown): number {
  const match = typeof value === "string" ? /^(\d{1,11})(?:\.(\d{1,12}))?$/.exec(value) : null;
  if (match === null) return -1;
  const micros = Number((match[2] ?? "").slice(0, 6).padEnd(6, "0"));
  return Number(match[1]) * 1_000 + micros / 1_000;
}
