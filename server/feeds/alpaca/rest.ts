import { isAmount, isPrice } from "../../../core/messages/common.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { failed, fieldsOf, jsonOf, listOf } from "../decode/answer.ts";
import { type Fields, isFields, shown, symbolText, wholeNumber } from "../decode/fields.ts";
import { isoTime } from "../decode/iso-time.ts";
import type { Candle, MarketInfo, Rest, VenueRest, VenueSymbol } from "../venue.ts";
import { numberOf, tradeFrom } from "./trade.ts";

export interface Access {
  readonly key: string;
  readonly secret: string;
  /** Whose trades of stocks: one exchange's, or all of them. */
  readonly feed: string;
}

const BASE = "https://data.alpaca.markets";
const VENUE = "Alpaca";
const MINUTE_MS = 60_000;
const PAGE_MAX = 10_000;
const PAGES_MAX = 50;
const MOST_ACTIVE = 100;
/** Prices of stocks are in cents, under a dollar in hundredths of them. */
const STOCK_DECIMALS = 2;

export function restOf(access: Access): VenueRest {
  const headers = { "APCA-API-KEY-ID": access.key, "APCA-API-SECRET-KEY": access.secret };

  async function ask(rest: Rest, path: string): Promise<{ url: string; body: Fields }> {
    const url = `${BASE}/${path}`;
    return { url, body: fieldsOf(VENUE, url, jsonOf(VENUE, url, await rest(url, 1, headers))) };
  }

  /** All pages of a list of a symbol, oldest first; false if there were more than we ask for. */
  async function pages(
    rest: Rest,
    what: "trades" | "bars",
    { venue }: VenueSymbol,
    range: string,
    take: (one: unknown, url: string) => void,
  ): Promise<boolean> {
    const isCoin = venue.includes("/");
    const name = encodeURIComponent(venue);
    const path = isCoin
      ? `v1beta3/crypto/us/${what}?symbols=${name}&limit=${PAGE_MAX}&sort=asc&${range}`
      : `v2/stocks/${name}/${what}?feed=${access.feed}&limit=${PAGE_MAX}&sort=asc&${range}`;
    let token = "";
    for (let page = 0; page < PAGES_MAX; page++) {
      const { url, body } = await ask(rest, token === "" ? path : `${path}&page_token=${encodeURIComponent(token)}`);
      const found = body[what];
      const list = isCoin ? (isFields(found) ? (found[venue] ?? []) : found) : (found ?? []);
      for (const one of listOf(VENUE, url, list)) take(one, url);
      const next = typeof body.next_page_token === "string" ? body.next_page_token : "";
      if (next === "" || next === token) return true;
      token = next;
    }
    return false;
  }

  return {
    lists_some: true,
    async markets(rest) {
      const { url, body } = await ask(rest, `v1beta1/screener/stocks/most-actives?by=volume&top=${MOST_ACTIVE}`);
      const names = listOf(VENUE, url, body.most_actives).flatMap((one) => {
        const name = isFields(one) ? symbolText(one.symbol) : null;
        return name === null ? [] : [name];
      });
      if (names.length === 0) return [];
      const symbols = encodeURIComponent(names.join(","));
      const days = (await ask(rest, `v2/stocks/snapshots?symbols=${symbols}&feed=${access.feed}`)).body;
      return names.map((name) => marketOf(name, Object.hasOwn(days, name) ? days[name] : undefined));
    },

    async candles(rest, symbol, from_ms, to_ms) {
      const found: Candle[] = [];
      const start = Math.ceil(from_ms / MINUTE_MS) * MINUTE_MS;
      const range = `timeframe=1Min&${between(start, to_ms)}`;
      await pages(rest, "bars", symbol, range, (one, url) => {
        const candle = isFields(one) ? candleOf(one) : null;
        if (candle === null) throw failed(VENUE, url, `gave a bar that is none: ${shown(one)}`);
        // The one that is still forming ends after `to_ms`.
        if (candle.start_ts_ms >= from_ms && candle.start_ts_ms + MINUTE_MS <= to_ms) found.push(candle);
      });
      return found.sort((a, b) => a.start_ts_ms - b.start_ts_ms);
    },

    async trades(rest, symbol, { from_ms, to_ms }) {
      const found: Trade[] = [];
      const context = { provider: "alpaca", symbolOf: () => symbol.symbol };
      const complete = await pages(rest, "trades", symbol, between(from_ms, to_ms), (one, url) => {
        const trade = isFields(one) ? tradeFrom(one, symbol.symbol, null, context) : null;
        if (trade === null) throw failed(VENUE, url, `gave a trade that is none: ${shown(one)}`);
        if ("kind" in trade) {
          if (trade.ts_ms >= from_ms && trade.ts_ms <= to_ms) found.push(trade);
        } else if (trade.reason !== "condition") {
          throw failed(VENUE, url, `gave a trade that is none: ${trade.detail}`);
        }
      });
      return { trades: found.sort((a, b) => a.ts_ms - b.ts_ms), complete };
    },
  };
}

const between = (from_ms: number, to_ms: number): string =>
  `start=${new Date(Math.floor(from_ms)).toISOString()}&end=${new Date(Math.ceil(to_ms)).toISOString()}`;

function marketOf(name: string, snapshot: unknown): MarketInfo {
  const day = isFields(snapshot) ? snapshot.dailyBar : undefined;
  const value = isFields(day) ? numberOf(day.v) * numberOf(day.vw) : Number.NaN;
  return {
    symbol: name,
    venue: name,
    decimals: STOCK_DECIMALS,
    quote_volume_24h: isAmount(value) ? value : null,
    is_trading: true,
    is_stock: true,
  };
}

function candleOf(one: Fields): Candle | null {
  const start_ts_ms = isoTime(one.t);
  const [open, high, low, close, volume] = [one.o, one.h, one.l, one.c, one.v].map(numberOf) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const notional = numberOf(one.vw) * volume;
  const count = wholeNumber(one.n);
  if (start_ts_ms < 0 || ![open, high, low, close].every(isPrice) || !isAmount(volume)) return null;
  if (low > Math.min(open, close) || high < Math.max(open, close)) return null;
  return {
    start_ts_ms,
    open,
    high,
    low,
    close,
    volume,
    notional: isAmount(notional) ? notional : null,
    trade_count: count < 0 ? null : count,
    buy_volume: null,
  };
}
