import { type RestReply, type VenueServer, venueServer } from "./server.ts";
import type { RawSocket } from "./web-socket.ts";

export interface FakeTrade {
  readonly id: number;
  readonly ts_ms: number;
  readonly price: string;
  readonly size: string;
  readonly buyerIsMaker: boolean;
}

/** A local Binance: one market per symbol whose trades have ids without holes, whoever was listening. */
export interface FakeBinance extends VenueServer {
  /** Happens on the market; listeners hear it unless the venue is mute. `send: false`: only this one is left out. */
  trade(symbol: string, price: string, options?: { size?: string; ts_ms?: number; send?: boolean }): FakeTrade;
  quote(symbol: string, bid: string, ask: string): void;
  /** The frame a trade has on the stream, to be sent again or in another order. */
  frameOf(symbol: string, trade: FakeTrade): string;
  trades(symbol: string): readonly FakeTrade[];
  /** Ids count from here on. */
  nextId(symbol: string, id: number): void;
  /** Answered with an error when subscribed to. */
  readonly refused: Set<string>;
  /** Gone from the exchange's list. */
  readonly delisted: Set<string>;
}

const MINUTE_MS = 60_000;

export async function fakeBinance(
  symbols: readonly string[] = ["BTCUSDT", "ETHUSDT"],
  { firstId = 1_000, deflate = false, history_minutes = 0 } = {},
): Promise<FakeBinance> {
  const past = new Map<string, FakeTrade[]>(symbols.map((symbol) => [symbol, []]));
  const next = new Map<string, number>();
  const heard = new Map<RawSocket, Set<string>>();
  const refused = new Set<string>();
  const delisted = new Set<string>();
  let update = 1;
  const tell = (stream: string, text: string): void => {
    if (server.manners.mute) return;
    for (const [socket, streams] of heard) if (streams.has(stream)) socket.send(text);
  };
  const frameOf = (symbol: string, trade: FakeTrade): string =>
    JSON.stringify({
      stream: `${symbol.toLowerCase()}@trade`,
      data: {
        e: "trade",
        E: trade.ts_ms + 1,
        s: symbol,
        t: trade.id,
        p: trade.price,
        q: trade.size,
        T: trade.ts_ms,
        m: trade.buyerIsMaker,
        M: true,
      },
    });

  const listed = (): string[] => symbols.filter((symbol) => !delisted.has(symbol));
  function rest(url: URL): RestReply {
    const symbol = url.searchParams.get("symbol") ?? "";
    const limit = Math.min(1_000, Number(url.searchParams.get("limit") ?? 500));
    switch (url.pathname) {
      case "/api/v3/exchangeInfo":
        return { status: 200, body: { symbols: listed().map(marketOf) } };
      case "/api/v3/ticker/24hr":
        return { status: 200, body: listed().map((name, i) => tickerOf(name, i)) };
      case "/api/v3/klines":
        return { status: 200, body: klines(url, limit, history_minutes) };
      case "/api/v3/trades":
      case "/api/v3/historicalTrades": {
        const all = past.get(symbol);
        if (all === undefined) return { status: 400, body: { code: -1121, msg: "Invalid symbol." } };
        const from = url.searchParams.get("fromId");
        const part = from === null ? all.slice(-limit) : all.filter(({ id }) => id >= Number(from)).slice(0, limit);
        return { status: 200, body: part.map(restTrade) };
      }
      default:
        return { status: 404, body: { code: -1, msg: "no such path" } };
    }
  }

  const server = await venueServer(
    {
      opened(socket) {
        const named = new URL(socket.url, "http://venue").searchParams.get("streams");
        heard.set(socket, new Set(named?.split("/") ?? []));
      },
      closed: (socket) => void heard.delete(socket),
      text(socket, text) {
        const message = JSON.parse(text) as { id: number; method: string; params: string[] };
        const streams = heard.get(socket);
        const bad = message.params.find((name) => refused.has((name.split("@")[0] ?? "").toUpperCase()));
        if (bad !== undefined) {
          socket.send(JSON.stringify({ error: { code: 2, msg: `Invalid request: ${bad}` }, id: message.id }));
          return;
        }
        for (const name of message.params) {
          if (message.method === "SUBSCRIBE") streams?.add(name);
          else streams?.delete(name);
        }
        socket.send(JSON.stringify({ result: null, id: message.id }));
      },
      rest,
    },
    { deflate },
  );

  return Object.assign(server, {
    refused,
    delisted,
    frameOf,
    trades: (symbol: string) => past.get(symbol) ?? [],
    nextId: (symbol: string, id: number) => void next.set(symbol, id),
    trade(symbol: string, price: string, { size = "0.01", ts_ms = Date.now(), send = true } = {}) {
      const id = next.get(symbol) ?? firstId;
      next.set(symbol, id + 1);
      const trade: FakeTrade = { id, ts_ms, price, size, buyerIsMaker: id % 2 === 0 };
      past.get(symbol)?.push(trade);
      if (send) tell(`${symbol.toLowerCase()}@trade`, frameOf(symbol, trade));
      return trade;
    },
    quote(symbol: string, bid: string, ask: string) {
      const stream = `${symbol.toLowerCase()}@bookTicker`;
      tell(stream, JSON.stringify({ stream, data: { u: update++, s: symbol, b: bid, B: "1.5", a: ask, A: "2.5" } }));
    },
  });
}

const marketOf = (symbol: string) => ({
  symbol,
  status: "TRADING",
  baseAsset: symbol.replace(/USDT$/, ""),
  quoteAsset: "USDT",
  isSpotTradingAllowed: true,
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01000000", maxPrice: "1000000.00000000", tickSize: "0.01000000" },
  ],
});

const tickerOf = (symbol: string, index: number) => ({
  symbol,
  lastPrice: "100.00",
  volume: "1000.0",
  quoteVolume: String(1_000_000 - index * 1_000),
  count: 1_000,
});

const restTrade = (trade: FakeTrade) => ({
  id: trade.id,
  price: trade.price,
  qty: trade.size,
  quoteQty: "1.0",
  time: trade.ts_ms,
  isBuyerMaker: trade.buyerIsMaker,
  isBestMatch: true,
});

/** A quiet past: one candle a minute around 100. */
function klines(url: URL, limit: number, history_minutes: number): unknown[] {
  const now_ms = Date.now();
  const oldest_ms = Math.floor(now_ms / MINUTE_MS) * MINUTE_MS - history_minutes * MINUTE_MS;
  const asked_ms = Number(url.searchParams.get("startTime") ?? oldest_ms);
  const end_ms = Number(url.searchParams.get("endTime") ?? now_ms);
  const rows: unknown[] = [];
  let start_ms = Math.max(oldest_ms, Math.ceil(asked_ms / MINUTE_MS) * MINUTE_MS);
  for (; rows.length < limit && start_ms <= end_ms && start_ms <= now_ms; start_ms += MINUTE_MS) {
    const open = 100 + ((start_ms / MINUTE_MS) % 7) / 10;
    const text = open.toFixed(2);
    const close = (open + 0.1).toFixed(2);
    rows.push([
      start_ms,
      text,
      close,
      text,
      close,
      "10.0",
      start_ms + MINUTE_MS - 1,
      "1000.0",
      50,
      "6.0",
      "600.0",
      "0",
    ]);
  }
  return rows;
}
