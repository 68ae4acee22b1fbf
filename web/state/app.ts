import { type Freshness, makeStream, type Stream, type StreamClock, type Transport } from "../stream/client.ts";
import { HOLDS_CONNECTION } from "../stream/link.ts";
import type { SseEvent } from "../stream/sse-parser.ts";
import { type Alerts, makeAlerts } from "./alerts.ts";
import type { Api } from "./api.ts";
import { type Bars, makeBars } from "./bars.ts";
import { type Cell, makeCell, type Readable } from "./cell.ts";
import { type Detail, makeDetail } from "./detail.ts";
import { readEvent } from "./events.ts";
import type { Frame } from "./frame.ts";
import { type HistoryState, type Loader, makeLoader, WATCH_INTERVAL } from "./loader.ts";
import { type KeyValue, makePrefs, type PrefsStore } from "./prefs.ts";
import { makeTrust, type Trust } from "./trust.ts";
import { makeWatch, type Watch } from "./watch.ts";

export interface AppOptions {
  readonly api: Api;
  readonly transport: Transport;
  readonly clock: StreamClock;
  readonly random: () => number;
  readonly frame: Frame;
  readonly storage: () => KeyValue;
  /** Begins the page anew. */
  readonly reload: () => void;
}

export interface WatchWish {
  readonly symbol: string;
  readonly state: "asked" | "done" | "refused";
  /** In the server's words. */
  readonly words: string;
}

/** All the page knows and can do, without a framework. */
export interface App {
  readonly bars: Bars;
  readonly watch: Watch;
  readonly trust: Trust;
  readonly alerts: Alerts;
  readonly detail: Detail;
  readonly prefs: PrefsStore;
  readonly symbol: Readable<string | null>;
  readonly interval: Readable<string>;
  readonly history: Readable<HistoryState>;
  readonly symbolsProblem: Readable<string | null>;
  /** What became of the last wish to watch a symbol, or to watch it no longer; null before any. */
  readonly watchWish: Readable<WatchWish | null>;
  /** Events that failed their schema: shown, never dropped in silence. */
  readonly badEvents: Readable<number>;
  now(): number;
  start(): void;
  stop(): void;
  retryNow(): void;
  selectSymbol(symbol: string): void;
  selectInterval(interval: string): void;
  watchSymbol(symbol: string): Promise<void>;
  unwatchSymbol(symbol: string): Promise<void>;
  loadOlder(): Promise<void>;
  /** [time, close] of every second with trades; empty where they are no longer kept. */
  secondsAround(symbol: string, from_ms: number, to_ms: number): Promise<readonly (readonly [number, number])[]>;
}

/** A final candle that ended this long before the connection was missed, not made now. */
const BACKLOG_MS = 1_500;
const TICK_MS = 1_000;
const SECONDS_MAX = 1_000;

export function makeApp(options: AppOptions): App {
  const { api, clock, frame } = options;
  const now = (): number => clock.now();
  const bars = makeBars({ frame });
  const watch = makeWatch({ frame, bars });
  const trust = makeTrust({ frame, now });
  const alerts = makeAlerts({ frame });
  const detail = makeDetail(options);
  const prefs = makePrefs({ frame, storage: options.storage });
  const symbol: Cell<string | null> = makeCell<string | null>(frame, null);
  const interval: Cell<string> = makeCell(frame, prefs.get().interval);
  const history: Cell<HistoryState> = makeCell<HistoryState>(frame, { loading: true, problem: null });
  const symbolsProblem: Cell<string | null> = makeCell<string | null>(frame, null);
  const watchWish: Cell<WatchWish | null> = makeCell<WatchWish | null>(frame, null);
  const badEvents: Cell<number> = makeCell(frame, 0);

  /** Server time at which the connection was made: by it, what was missed is told from what is new. */
  let openedServerMs: number | null = null;
  let resumed = false;
  let origin: string | null = null;
  let statuses = 0;
  let stopTicks: () => void = () => {};
  let stopShowing: () => void = () => {};

  const followed = (): string[] => [...new Set([WATCH_INTERVAL, interval.get()])];
  const connected = (): boolean => HOLDS_CONNECTION[stream.info().link];
  const loader: Loader = makeLoader({
    ...{ api, clock, bars, watch, trust, alerts, prefs, symbol, interval, history, symbolsProblem },
    connected,
  });

  const stream: Stream = makeStream({
    transport: options.transport,
    clock,
    random: options.random,
    url: () => `/api/stream?topics=bars,alerts,gaps,system,status&intervals=${followed().join(",")}`,
    onEvent,
    // History is asked for once the stream stands, never before: nothing can fall between the two.
    onOpen: (resume) => {
      resumed = resume;
      openedServerMs = null;
      statuses = 0;
      void loader.all();
      detail.reconnect();
    },
    onLink: (info) => trust.setLink(info),
  });

  function onEvent(event: SseEvent): Freshness {
    const read = readEvent(event);
    if ("unknown" in read) return "neutral";
    if ("bad" in read) {
      badEvents.set(badEvents.get() + 1);
      return "neutral";
    }
    const { ok } = read;
    switch (ok.event) {
      case "bar": {
        bars.put([ok.record]);
        watch.put([ok.record]);
        if (watch.row(ok.record.symbol) === undefined) loader.symbolsLater();
        if (!ok.record.final) return "data";
        if (openedServerMs !== null && ok.record.end_ts_ms > openedServerMs - BACKLOG_MS) return "data";
        // A first connection is greeted with the newest candles: old ones among them were not missed.
        return resumed ? "backlog" : "neutral";
      }
      case "alert": {
        const late = openedServerMs === null || ok.record.updated_ms < openedServerMs - BACKLOG_MS;
        alerts.put(ok.record, !late);
        return late ? "backlog" : "data";
      }
      case "gap":
        trust.putGap(ok.record);
        return "neutral";
      case "system_alert":
        trust.putMessage(ok.record);
        return "neutral";
      case "status":
        openedServerMs ??= ok.record.ts_ms;
        statuses += 1;
        // What is live and what is made up are never on one page, not even for the time it takes to load the other.
        if (origin !== null && origin !== ok.record.origin) {
          stream.stop();
          options.reload();
          return "neutral";
        }
        origin = ok.record.origin;
        trust.putStatus(ok.record);
        void loader.alerts();
        // The first one greets; from the second on it is the heartbeat of now.
        return statuses > 1 ? "data" : "neutral";
      case "features":
      case "book":
      case "signal":
        // Of the chosen symbol alone, by the connection that `detail` has for them.
        return "neutral";
      case "reset":
        resumed = false;
        bars.reset();
        loader.forget();
        void loader.all();
        return "neutral";
    }
  }

  async function wish(symbol: string, words: string, ask: () => Promise<string>): Promise<void> {
    watchWish.set({ symbol, state: "asked", words });
    try {
      watchWish.set({ symbol, state: "done", words: await ask() });
      await loader.all();
    } catch (error) {
      watchWish.set({ symbol, state: "refused", words: error instanceof Error ? error.message : String(error) });
    }
  }

  const ticking = (): void => {
    trust.tick();
    stopTicks = clock.after(TICK_MS, ticking);
  };

  return {
    ...{
      bars,
      watch,
      trust,
      alerts,
      detail,
      prefs,
      symbol,
      interval,
      history,
      symbolsProblem,
      watchWish,
      badEvents,
      now,
    },
    start() {
      stopShowing = symbol.subscribe(() => detail.show(symbol.get()));
      stream.start();
      ticking();
    },
    stop() {
      stopTicks();
      stopShowing();
      detail.stop();
      stream.stop();
    },
    retryNow: () => stream.retryNow(),
    selectSymbol(next) {
      if (watch.row(next) === undefined) return;
      prefs.set({ symbol: next });
      symbol.set(next);
      bars.focus(next, interval.get());
      void loader.history();
    },
    selectInterval(next) {
      if (next === interval.get()) return;
      prefs.set({ interval: next });
      interval.set(prefs.get().interval);
      bars.keepIntervals(followed());
      const chosen = symbol.get();
      if (chosen !== null) bars.focus(chosen, interval.get());
      history.set({ loading: true, problem: null });
      stream.restart();
    },
    watchSymbol: (name) => wish(name, `Asking for ${name}…`, () => api.watch(name)),
    unwatchSymbol: (name) => wish(name, `Leaving ${name}…`, () => api.unwatch(name)),
    loadOlder: () => loader.older(),
    async secondsAround(of, from, to) {
      try {
        const { items } = await api.bars({ symbol: of, interval: "1s", from, to, limit: SECONDS_MAX });
        return items.map((bar) => [bar.last_ts_ms ?? bar.start_ts_ms, bar.close] as const);
      } catch {
        return [];
      }
    },
  };
}
