/**
 * How long a market is without a word when its venue goes mute: from the last data of the shown venue to the first trade of
 * the one that takes over. The peer is the plain way: one socket, a timer, and a connection to the next venue when it fires.
 */
import { tmpdir } from "node:os";
import WebSocket from "ws";
import type { FeedSink } from "../core/ports/feed.ts";
import { systemClock } from "../server/clock.ts";
import { binance } from "../server/feeds/binance/spec.ts";
import { createLiveFeed } from "../server/feeds/live.ts";
import { loadSettings } from "../server/settings/load.ts";
import { fakeBinance } from "../testkit/venues/binance.ts";
import type { FakeVenue } from "../testkit/venues/venue.ts";
import { type Measured, main, round, type Size, type Workload } from "./harness.ts";

const SIZES = { smoke: { rounds: 1, watchdog_ms: 500 }, full: { rounds: 5, watchdog_ms: 6_000 } } as const;
const EVERY_MS = 10;
const AFTER_MS = 1_000;

async function pair(): Promise<{ first: FakeVenue; second: FakeVenue; close: () => Promise<void> }> {
  const [first, second] = await Promise.all([fakeBinance(["BTCUSDT"]), fakeBinance(["BTCUSDT"])]);
  const timer = setInterval(() => {
    for (const venue of [first, second]) venue.trade("BTCUSDT", "100");
  }, EVERY_MS);
  return {
    first,
    second,
    async close() {
      clearInterval(timer);
      await Promise.all([first.stop(), second.stop()]);
    },
  };
}

interface Heard {
  readonly silent_ms: number;
  /** Of the silence, what the venue that takes over does not tell. */
  readonly missing_ms: number;
}

async function ours(watchdog_ms: number): Promise<Heard> {
  const { first, second, close } = await pair();
  const env = {
    SYMBOLS: "BTCUSDT",
    BINANCE_STREAM: `${first.wsUrl}/stream`,
    BINANCE_REST: first.restUrl,
    BYBIT_STREAM: `${second.wsUrl}/stream`,
    BYBIT_REST: second.restUrl,
  };
  const { settings } = loadSettings({ argv: [], env, cwd: tmpdir() });
  const limits = { ...binance.limits, silent_after_ms: watchdog_ms };
  const venues = [
    { ...binance, limits },
    { ...binance, id: "bybit", title: "Bybit", limits },
  ];
  const live = Promise.withResolvers<void>();
  const over = Promise.withResolvers<Heard>();
  let mute_ms = 0;
  let last_ms = 0;
  const sink: FeedSink = {
    async emit(records) {
      for (const record of records) {
        if (record.kind !== "trade") continue;
        if (record.provider === "binance") {
          last_ms = Date.now();
          live.resolve();
        } else over.resolve({ silent_ms: Date.now() - last_ms, missing_ms: Math.max(0, record.ts_ms - mute_ms) });
      }
    },
    status: () => undefined,
    reject: () => undefined,
  };
  const stop = new AbortController();
  const run = createLiveFeed({ venues, settings, clock: systemClock, resume: null }).run(sink, stop.signal);
  await live.promise;
  await Bun.sleep(AFTER_MS);
  first.manners.mute = true;
  mute_ms = Date.now();
  const heard = await over.promise;
  stop.abort();
  await run;
  await close();
  return heard;
}

async function plain(watchdog_ms: number): Promise<Heard> {
  const { first, second, close } = await pair();
  const sockets: WebSocket[] = [];
  const connect = (venue: FakeVenue, hear: (ts_ms: number) => void): void => {
    const socket = new WebSocket(`${venue.wsUrl}/stream?streams=btcusdt@trade`);
    sockets.push(socket);
    socket.on("message", (data) => hear((JSON.parse(String(data)) as { data: { T: number } }).data.T));
  };
  let last_ms = Date.now();
  connect(first, () => {
    last_ms = Date.now();
  });
  await Bun.sleep(AFTER_MS);
  first.manners.mute = true;
  const mute_ms = Date.now();
  while (Date.now() - last_ms <= watchdog_ms) await Bun.sleep(5);
  const heard = await new Promise<Heard>((resolve) => {
    connect(second, (ts_ms) => resolve({ silent_ms: Date.now() - last_ms, missing_ms: Math.max(0, ts_ms - mute_ms) }));
  });
  for (const socket of sockets) socket.terminate();
  await close();
  return heard;
}

/** A frame is heard a moment after the watchdog took note of it, so what is not over may come out just under nought. */
const worst = (all: readonly Heard[], watchdog_ms: number) => ({
  over_watchdog_ms_max: round(Math.max(0, ...all.map(({ silent_ms }) => silent_ms - watchdog_ms))),
  missing_ms_max: round(Math.max(...all.map(({ missing_ms }) => missing_ms))),
});

const workload: Workload = {
  name: "failover",
  targets: [{ figure: "over_watchdog_ms_max", max: 2_000 }],
  async run(size: Size): Promise<Measured> {
    const { rounds, watchdog_ms } = SIZES[size];
    const mine: Heard[] = [];
    const theirs: Heard[] = [];
    for (let i = 0; i < rounds; i++) {
      mine.push(await ours(watchdog_ms));
      theirs.push(await plain(watchdog_ms));
    }
    const count = (all: readonly Heard[]): string => `${all.length} failovers`;
    return {
      result_hash: count(mine),
      figures: worst(mine, watchdog_ms),
      peer: { name: "one socket and a timer", result_hash: count(theirs), figures: worst(theirs, watchdog_ms) },
    };
  },
};

if (import.meta.main) await main(workload);
