import type { Book, Gap, MarketRecord, PartStatus, Route, Trade } from "../../../core/messages/index.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Feed, FeedSink } from "../../../core/ports/feed.ts";
import { parseSettings } from "../../../core/settings/parse.ts";
import { fakeBinance } from "../../../testkit/venues/binance.ts";
import type { FakeVenue, FakeVenueOptions } from "../../../testkit/venues/venue.ts";
import { systemClock } from "../../clock.ts";
import { createLiveFeed } from "../live.ts";
import type { LiveFeedOptions, LiveResume } from "../live-options.ts";
import type { Venue, VenueLimits } from "../venue.ts";
import { VENUES } from "../venues.ts";

/** A venue and the local server that speaks as it does. */
export interface Kind {
  readonly id: string;
  /** Where one id has several protocols. */
  readonly title?: string;
  readonly venue: () => Promise<Venue>;
  readonly serve: (options: FakeVenueOptions) => Promise<FakeVenue>;
  /** What BTCUSDT and ETHUSDT are called there. */
  readonly names: readonly [string, string];
}

export const BINANCE: Kind = {
  id: "binance",
  venue: () => VENUES.binance!(),
  serve: (options) => fakeBinance(["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"], options),
  names: ["BTCUSDT", "ETHUSDT"],
};

export interface LiveWorld {
  readonly first: FakeVenue;
  readonly second: FakeVenue;
  readonly records: MarketRecord[];
  readonly rejects: string[];
  statusOf(id: string): PartStatus | undefined;
  readonly feed: Feed;
  trades(): Trade[];
  books(): Book[];
  routes(): Route[];
  gaps(): Gap[];
  stop(): Promise<void>;
}

export interface LiveWorldOptions {
  /** The preferred one; Binance when it is left out. */
  readonly kind?: Kind;
  readonly resume?: LiveResume | null;
  readonly symbols?: string;
  readonly silent_after_ms?: number;
  readonly history_minutes?: number;
  readonly limits?: Partial<VenueLimits>;
  /** No order books, and so no sockets of theirs that would be counted. */
  readonly without_books?: boolean;
  readonly clock?: Clock;
  readonly changes?: NonNullable<LiveFeedOptions["changes"]>;
  readonly markets_every_ms?: number;
  readonly prepare?: (first: FakeVenue, second: FakeVenue) => void;
}

/** The live feed between two local venues: the preferred one, and one that speaks like Binance. */
export async function liveWorld(options: LiveWorldOptions = {}): Promise<LiveWorld> {
  const {
    kind = BINANCE,
    resume = null,
    symbols = "BTCUSDT,ETHUSDT",
    silent_after_ms = 700,
    history_minutes = 0,
  } = options;
  const first = await kind.serve({ history_minutes });
  const second = await BINANCE.serve({ history_minutes, firstId: 500_000 });
  options.prepare?.(first, second);
  const other = kind.id === "binance" ? { id: "bybit", title: "Bybit" } : { id: "binance", title: "Binance" };
  const { clock = systemClock, changes, markets_every_ms } = options;
  const quickly = (venue: Venue): Venue => ({
    ...venue,
    ...(options.without_books === true && { bookRule: null }),
    limits: { ...venue.limits, silent_after_ms, ...options.limits },
  });
  const venues = [quickly(await kind.venue()), quickly({ ...(await BINANCE.venue()), ...other })];
  const given = Object.entries({
    SYMBOLS: symbols,
    ...addressesOf(kind.id, first, kind.id === "binance" ? "/stream" : ""),
    ...addressesOf(other.id, second, "/stream"),
    PRICE_BACKOFF_BASE_SEC: "0.1",
    PRICE_BACKOFF_CAP_SEC: "0.5",
  });
  const parsed = parseSettings(given.map(([name, text]) => ({ name, text, from: "the test" })));
  const { settings } = parsed;
  if (settings === null) throw new Error(parsed.problems.map(({ text }) => text).join("; "));
  const records: MarketRecord[] = [];
  const rejects: string[] = [];
  const parts = new Map<string, PartStatus>();
  const sink: FeedSink = {
    emit: async (some) => void records.push(...some),
    status: (status) => void parts.set(status.part, status),
    reject: (reason) => void rejects.push(reason),
  };
  const stop = new AbortController();
  const feed = createLiveFeed({
    venues,
    settings,
    clock,
    resume,
    settle_ms: 1_500,
    ...(changes !== undefined && { changes }),
    ...(markets_every_ms !== undefined && { markets_every_ms }),
  });
  const run = feed.run(sink, stop.signal);
  return {
    first,
    second,
    feed,
    records,
    rejects,
    statusOf: (id) => parts.get(`feed:${id}`),
    trades: () => records.filter((record) => record.kind === "trade"),
    books: () => records.filter((record) => record.kind === "book"),
    routes: () => records.filter((record) => record.kind === "route"),
    gaps: () => records.filter((record) => record.kind === "gap"),
    async stop() {
      stop.abort();
      await run;
      await first.stop();
      await second.stop();
    },
  };
}

const addressesOf = (id: string, { wsUrl, restUrl }: FakeVenue, path: string) => ({
  [`${id.toUpperCase()}_STREAM`]: wsUrl + path,
  [`${id.toUpperCase()}_REST`]: restUrl,
});

/** Waits until it is so; says what was waited for when it never is. */
export async function eventually(what: string, isSo: () => boolean, wait_ms = 15_000): Promise<void> {
  const deadline = Date.now() + wait_ms;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await Bun.sleep(5);
  }
}
