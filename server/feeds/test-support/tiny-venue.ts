import type { BackoffSettings } from "../connection/backoff.ts";
import type { Item, SocketPlan, Venue, VenueLimits, VenueSymbol } from "../venue.ts";

interface Options {
  readonly id?: string;
  readonly title?: string;
  readonly limits?: Partial<VenueLimits>;
}

const LIMITS: VenueLimits = {
  messages: { count: 5, per_ms: 1_000 },
  connects: { count: 300, per_ms: 300_000 },
  rest: { count: 100, per_ms: 60_000 },
  symbols_per_socket: 100,
  socket_life_ms: 24 * 3_600_000,
  frame_max_bytes: 1_000_000,
  silent_after_ms: 5_000,
  ping: null,
};

/** Waits that double from a second, with no chance in them. */
export const STEADY_BACKOFF: BackoffSettings = {
  PRICE_BACKOFF_FAILURES_THRESHOLD: 5,
  PRICE_BACKOFF_BASE_SEC: 1,
  PRICE_BACKOFF_BASE_AFTER_FAILURES_SEC: 2,
  PRICE_BACKOFF_CAP_SEC: 60,
  RETRY_JITTER_MIN: 1,
  RETRY_JITTER_MAX: 1,
};

/** The smallest venue there is: a frame is a JSON item, or a list of them. Lets the parts be tested without a real one. */
export function tinyVenue({ id = "tiny", title = "Tiny", limits = {} }: Options = {}): Venue {
  return {
    id,
    title,
    limits: { ...LIMITS, ...limits },
    parse(frame, recv_ms, _context, emit) {
      const text = typeof frame === "string" ? frame : new TextDecoder().decode(frame);
      if (text === "boom") throw new Error("a parser that throws");
      try {
        const said = JSON.parse(text) as Item | Item[];
        for (const item of Array.isArray(said) ? said : [said]) emit(item);
      } catch {
        emit({ kind: "unknown", text, recv_ms, why: "no JSON" });
      }
    },
    bookRule: null,
    rest: null,
    trade_ids: "contiguous",
    toVenue: (symbol): VenueSymbol | null => ({ symbol, venue: symbol }),
    sockets: (symbols): readonly SocketPlan[] => [
      {
        url: "ws://tiny",
        symbols,
        login: [],
        subscribe: [`subscribe ${symbols.map(({ venue }) => venue).join(",")}`],
        add: (more) => [`add ${more.length}`],
        remove: (less) => [`remove ${less.length}`],
      },
    ],
  };
}

export const tinyTrade = (seq: number, ts_ms: number, symbol = "BTCUSDT", provider = "tiny") =>
  ({
    ver: 1,
    kind: "trade",
    origin: "live",
    provider,
    symbol,
    ts_ms,
    recv_ms: ts_ms + 1,
    price: 100,
    size: 1,
    side: "buy",
    trade_id: String(seq),
    seq,
    event_id: `${provider}|${symbol}|${ts_ms}|${seq}`,
  }) as const;
