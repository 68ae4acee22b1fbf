import type { Clock } from "../../../core/ports/clock.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { systemClock } from "../../clock.ts";
import { socketPlans } from "../socket-plans.ts";
import type { Venue, VenueLimits } from "../venue.ts";
import { contractOf } from "./contracts.ts";
import { gatewayDial, type Request } from "./gateway.ts";
import { parse } from "./parse.ts";

export type IbkrSettings = Pick<
  Settings,
  "IBKR_HOST" | "IBKR_PORT" | "IBKR_CLIENT_ID" | "IBKR_LINES" | "IBKR_TICK_BY_TICK" | "IBKR_MARKET_DATA"
>;

const DATA_TYPES = { live: 1, frozen: 2, delayed: 3, delayed_frozen: 4 } as const;

export const limits: VenueLimits = {
  // Each subscription is up to two of the gateway's messages, of which it takes 50 a second.
  messages: { count: 20, per_ms: 1_000 },
  connects: { count: 10, per_ms: 60_000 },
  // It has no REST side.
  rest: { count: 1, per_ms: 1_000 },
  one_connection: true,
  // All share one connection; how many the account allows is counted there.
  symbols_per_socket: 10_000,
  socket_life_ms: null,
  frame_max_bytes: 16_777_216,
  // Shares are quiet for hours: only a very long silence is a fault.
  silent_after_ms: 300_000,
  ping: { text: text({ op: "time" }), every_ms: 1_500 },
};

function text(request: Request): string {
  return JSON.stringify(request);
}

export function ibkrOf(settings: Partial<IbkrSettings> = {}, clock: Clock = systemClock): Venue {
  const { IBKR_HOST: host = "127.0.0.1", IBKR_PORT: port = 7_497, IBKR_CLIENT_ID: client_id = 1 } = settings;
  const { IBKR_LINES: lines_max = 100, IBKR_TICK_BY_TICK: one_by_one_max = 5, IBKR_MARKET_DATA = "live" } = settings;
  const data_type = DATA_TYPES[IBKR_MARKET_DATA];
  return {
    id: "ibkr",
    title: "Interactive Brokers",
    limits,
    parse,
    bookRule: null,
    rest: null,
    trade_ids: "none",
    well_known: ["SPY", "QQQ", "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "AMD"],
    toVenue: (symbol) => (contractOf(symbol) === null ? null : { symbol, venue: symbol }),
    sockets: (symbols) =>
      socketPlans({ url: `ibkr://${host}:${port}` }, symbols, limits.symbols_per_socket, (op, some) =>
        some.map(({ venue }) => text({ op, symbol: venue })),
      ),
    dial: gatewayDial({ host, port, client_id, lines_max, one_by_one_max, data_type }, clock),
  };
}
