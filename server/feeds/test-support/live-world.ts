import type { Gap, MarketRecord, PartStatus, Route, Trade } from "../../../core/messages/index.ts";
import type { FeedSink } from "../../../core/ports/feed.ts";
import { parseSettings } from "../../../core/settings/parse.ts";
import { type FakeBinance, fakeBinance } from "../../../testkit/venues/binance.ts";
import { systemClock } from "../../clock.ts";
import { binance } from "../binance/spec.ts";
import { createLiveFeed, type LiveResume } from "../live.ts";
import type { Venue } from "../venue.ts";

export interface LiveWorld {
  readonly first: FakeBinance;
  readonly second: FakeBinance;
  readonly records: MarketRecord[];
  readonly rejects: string[];
  statusOf(id: string): PartStatus | undefined;
  trades(): Trade[];
  routes(): Route[];
  gaps(): Gap[];
  stop(): Promise<void>;
}

export interface LiveWorldOptions {
  readonly resume?: LiveResume | null;
  readonly symbols?: string;
  readonly silent_after_ms?: number;
  readonly history_minutes?: number;
  readonly prepare?: (first: FakeBinance, second: FakeBinance) => void;
}

/** The live feed between two local venues: Binance, and one that speaks like it under Bybit's name. */
export async function liveWorld(options: LiveWorldOptions = {}): Promise<LiveWorld> {
  const { resume = null, symbols = "BTCUSDT,ETHUSDT", silent_after_ms = 700, history_minutes = 0, prepare } = options;
  const first = await fakeBinance(["BTCUSDT", "ETHUSDT"], { history_minutes });
  const second = await fakeBinance(["BTCUSDT", "ETHUSDT"], { history_minutes, firstId: 500_000 });
  prepare?.(first, second);
  const limits = { ...binance.limits, silent_after_ms };
  const venues: Venue[] = [
    { ...binance, limits },
    { ...binance, id: "bybit", title: "Bybit", limits },
  ];
  const given = Object.entries({
    SYMBOLS: symbols,
    BINANCE_STREAM: `${first.wsUrl}/stream`,
    BINANCE_REST: first.restUrl,
    BYBIT_STREAM: `${second.wsUrl}/stream`,
    BYBIT_REST: second.restUrl,
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
  const feed = createLiveFeed({ venues, settings, clock: systemClock, resume, settle_ms: 1_500 });
  const run = feed.run(sink, stop.signal);
  return {
    first,
    second,
    records,
    rejects,
    statusOf: (id) => parts.get(`feed:${id}`),
    trades: () => records.filter((record) => record.kind === "trade"),
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

/** Waits until it is so; says what was waited for when it never is. */
export async function eventually(what: string, isSo: () => boolean, wait_ms = 15_000): Promise<void> {
  const deadline = Date.now() + wait_ms;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await Bun.sleep(5);
  }
}
