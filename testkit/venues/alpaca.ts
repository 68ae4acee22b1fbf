import type { FakeMarket, FakeTrade } from "./market.ts";
import type { RestReply } from "./server.ts";
import {
  type Channel,
  type FakeVenue,
  type FakeVenueOptions,
  type Fields,
  fakeVenue,
  type Listener,
  type Protocol,
  textsOf,
} from "./venue.ts";

const CHANNELS: ReadonlyMap<string, Channel> = new Map([
  ["trades", "trade"],
  ["quotes", "quote"],
  ["orderbooks", "book"],
]);

export interface FakeAlpacaOptions extends FakeVenueOptions {
  readonly key?: string;
  readonly secret?: string;
  /** What the account's plan allows. */
  readonly symbols_max?: number;
  readonly isFeedAllowed?: boolean;
}

/** A local Alpaca: stocks and coins, one connection to each. */
export const fakeAlpaca = (symbols = ["AAPL", "IBM"], options: FakeAlpacaOptions = {}): Promise<FakeVenue> =>
  fakeVenue(protocolOf(options), symbols, options);

const isCoin = (symbol: string): boolean => symbol.includes("/");
/** Nine decimals, as the venue writes times. */
const iso = (ts_ms: number): string => `${new Date(ts_ms).toISOString().slice(0, -1)}000000Z`;
const success = (msg: string) => [{ T: "success", msg }];

function protocolOf({
  key = "key",
  secret = "secret",
  symbols_max = 30,
  isFeedAllowed = true,
}: FakeAlpacaOptions): Protocol {
  function login(message: Fields, listener: Listener, all: readonly Listener[]) {
    const isOther = all.some((one) => one !== listener && one.isLoggedIn && one.socket.url === listener.socket.url);
    if (listener.isLoggedIn) return refuse(listener, 403, "already authenticated");
    if (message.key !== key || message.secret !== secret) return refuse(listener, 402, "auth failed", true);
    if (isOther) return refuse(listener, 406, "connection limit exceeded", true);
    if (!isFeedAllowed) return refuse(listener, 409, "insufficient subscription", true);
    listener.isLoggedIn = true;
    listener.say(success("authenticated"));
  }

  function subscribe(message: Fields, listener: Listener, market: FakeMarket) {
    const { action } = message;
    const wanted = [...CHANNELS].flatMap(([name, channel]) =>
      textsOf(message[name]).map((symbol) => ({ channel, symbol })),
    );
    const heard = market.symbols.filter((symbol) => listener.hears("trade", symbol));
    const traded = new Set([...heard, ...wanted.map(({ symbol }) => symbol)]);
    if (action === "subscribe" && traded.size > symbols_max) return refuse(listener, 405, "symbol limit exceeded");
    if (wanted.some(({ symbol }) => market.refused.has(symbol))) return refuse(listener, 400, "invalid syntax");
    for (const { channel, symbol } of wanted) listener[action === "subscribe" ? "add" : "remove"](channel, symbol);
    listener.say([{ T: "subscription", ...subscriptions(listener, market) }]);
    for (const { channel, symbol } of wanted) {
      const { bids, asks } = market.book(symbol);
      if (action === "subscribe" && channel === "book" && isCoin(symbol)) {
        listener.say([{ T: "o", S: symbol, t: iso(Date.now()), b: levels(bids), a: levels(asks), r: true }]);
      }
    }
  }

  return {
    opened: (listener) => listener.say(success("connected")),
    said(message, listener, market, all) {
      if (message.action === "auth") return login(message, listener, all);
      if (!listener.isLoggedIn) return refuse(listener, 401, "not authenticated");
      subscribe(message, listener, market);
    },
    trade: (symbol, trade) => [{ T: "t", S: symbol, ...tradeFields(symbol, trade) }],
    quote: (symbol, { bid, ask, ts_ms }) => [
      {
        T: "q",
        S: symbol,
        ...(isCoin(symbol) ? {} : { bx: "V", ax: "V", c: ["R"], z: "C" }),
        bp: Number(bid),
        bs: 1.5,
        ap: Number(ask),
        as: 2.5,
        t: iso(ts_ms),
      },
    ],
    change: (symbol, { bids, asks }) => [{ T: "o", S: symbol, t: iso(Date.now()), b: levels(bids), a: levels(asks) }],
    rest(url, market, headers) {
      const isKnown = headers["apca-api-key-id"] === key && headers["apca-api-secret-key"] === secret;
      return isKnown ? rest(url, market) : { status: 403, body: { message: "forbidden." } };
    },
  };
}

/** The venue ends the connection after some of its refusals. */
function refuse(listener: Listener, code: number, msg: string, isOver = false): void {
  listener.say([{ T: "error", code, msg }]);
  if (isOver) listener.socket.close(1000);
}

const subscriptions = (listener: Listener, market: FakeMarket) =>
  Object.fromEntries(
    [...CHANNELS].map(([name, channel]) => [name, market.symbols.filter((symbol) => listener.hears(channel, symbol))]),
  );

const levels = (some: readonly (readonly [string, string])[]) =>
  some.map(([price, size]) => ({ p: Number(price), s: Number(size) }));

const tradeFields = (symbol: string, { id, ts_ms, price, size, taker }: FakeTrade) => ({
  i: id,
  p: Number(price),
  s: Number(size),
  t: iso(ts_ms),
  ...(isCoin(symbol) ? { tks: taker === "buy" ? "B" : "S" } : { x: "V", c: ["@"], z: "C" }),
});

function rest(url: URL, market: FakeMarket): RestReply {
  const ok = (body: unknown): RestReply => ({ status: 200, body });
  if (url.pathname === "/v1beta1/screener/stocks/most-actives") {
    return ok({
      most_actives: market
        .listed()
        .filter((one) => !isCoin(one))
        .map((symbol) => ({ symbol, volume: 1 })),
    });
  }
  if (url.pathname === "/v2/stocks/snapshots") {
    const names = (url.searchParams.get("symbols") ?? "").split(",");
    return ok(Object.fromEntries(names.map((name) => [name, { dailyBar: { v: 1_000, vw: 100 } }])));
  }
  const stock = /^\/v2\/stocks\/([^/]+)\/(trades|bars)$/.exec(url.pathname);
  const coin = /^\/v1beta3\/crypto\/us\/(trades|bars)$/.exec(url.pathname);
  const symbol = stock === null ? (url.searchParams.get("symbols") ?? "") : decodeURIComponent(stock[1]!);
  const what = stock?.[2] ?? coin?.[1];
  if (what === undefined || !market.symbols.includes(symbol)) return { status: 404, body: { message: "not found" } };
  const list = what === "trades" ? tradesIn(url, symbol, market) : barsIn(url, market);
  return ok({ [what]: coin === null ? list : { [symbol]: list }, next_page_token: null });
}

const span = (url: URL): [number, number] => [
  Date.parse(url.searchParams.get("start") ?? ""),
  Date.parse(url.searchParams.get("end") ?? ""),
];

function tradesIn(url: URL, symbol: string, market: FakeMarket): unknown[] {
  const [from_ms, to_ms] = span(url);
  const found = market.trades(symbol).filter(({ ts_ms }) => ts_ms >= from_ms && ts_ms <= to_ms);
  return found.map((trade) => tradeFields(symbol, trade));
}

function barsIn(url: URL, market: FakeMarket): unknown[] {
  return market.minutes(...span(url)).map(({ start_ms, open, high, low, close, volume, count }) => ({
    t: new Date(start_ms).toISOString(),
    o: Number(open),
    h: Number(high),
    l: Number(low),
    c: Number(close),
    v: Number(volume),
    n: count,
    vw: Number(open),
  }));
}
