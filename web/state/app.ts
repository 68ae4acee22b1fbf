import { type Freshness, makeStream, type Stream, type StreamClock, type Transport } from "../stream/client.ts";
import { HOLDS_CONNECTION } from "../stream/link.ts";
import type { SseEvent } from "../stream/sse-parser.ts";
import { type Alerts, makeAlerts } from "./alerts.ts";
import { type Api, ApiProblem } from "./api.ts";
import { type Bars, makeBars } from "./bars.ts";
import { type Cell, makeCell, type Readable } from "./cell.ts";
import { readEvent } from "./events.ts";
import type { Frame } from "./frame.ts";
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
}

/** Where the chart's history stands, in words if it failed. */
export interface HistoryState {
  readonly loading: boolean;
  readonly problem: string | null;
}

/** All the page knows and can do, without a framework. */
export interface App {
  readonly bars: Bars;
  readonly watch: Watch;
  readonly trust: Trust;
  readonly alerts: Alerts;
  readonly prefs: PrefsStore;
  readonly symbol: Readable<string | null>;
  readonly interval: Readable<string>;
  readonly history: Readable<HistoryState>;
  readonly symbolsProblem: Readable<string | null>;
  /** Events that failed their schema: shown, never dropped in silence. */
  readonly badEvents: Readable<number>;
  start(): void;
  stop(): void;
  retryNow(): void;
  selectSymbol(symbol: string): void;
  selectInterval(interval: string): void;
  loadOlder(): Promise<void>;
}

const PAGE = 600;
/** The sparkline's minutes and the forming one. */
const SPARK_MINUTES = 61;
/** Fewer candles than this do not fill a chart. */
const ENOUGH = 300;
/** Enough 1 s candles to know every price of the last minute. */
const MINUTE_SECONDS = 90;
/** A final candle that ended this long before the connection was missed, not made now. */
const BACKLOG_MS = 1_500;
/** The watch list lives on 1 m candles, whatever the chart shows. */
const WATCH_INTERVAL = "1m";
/** A part of the page that could not be loaded is tried again after this. */
const AGAIN_MS = 2_000;

export function makeApp(options: AppOptions): App {
  const { api, clock, frame } = options;
  const now = (): number => clock.now();
  const bars = makeBars({ frame });
  const watch = makeWatch({ frame, bars });
  const trust = makeTrust({ frame, now });
  const alerts = makeAlerts({ frame });
  const prefs = makePrefs({ frame, storage: options.storage });
  const symbol: Cell<string | null> = makeCell<string | null>(frame, null);
  const interval: Cell<string> = makeCell(frame, prefs.get().interval);
  const history: Cell<HistoryState> = makeCell<HistoryState>(frame, { loading: true, problem: null });
  const symbolsProblem: Cell<string | null> = makeCell<string | null>(frame, null);
  const badEvents: Cell<number> = makeCell(frame, 0);

  /** Server time at which the connection was made: by it, what was missed is told from what is new. */
  let openedServerMs: number | null = null;
  let resumed = false;
  let statuses = 0;
  let alertsAsked = false;
  let stopTicks: () => void = () => {};
  /** Counts selections: the answer to an older question must not overwrite the state of a newer one. */
  let asked = 0;
  let olderBusy = false;
  let symbolsDue = false;

  const followed = (): string[] => [...new Set([WATCH_INTERVAL, interval.get()])];

  const stream: Stream = makeStream({
    transport: options.transport,
    clock,
    random: options.random,
    url: () => `/api/stream?topics=bars,alerts,gaps,system,status&intervals=${followed().join(",")}`,
    onEvent,
    onOpen: (resume) => {
      resumed = resume;
      openedServerMs = null;
      statuses = 0;
      void loadAll();
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
        if (watch.row(ok.record.symbol) === undefined) symbolsLater();
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
        trust.putStatus(ok.record);
        void askAlerts();
        // The first one greets; from the second on it is the heartbeat of now.
        return statuses > 1 ? "data" : "neutral";
      case "reset":
        bars.reset();
        alertsAsked = false;
        void loadAll();
        return "neutral";
    }
  }

  async function loadAll(): Promise<void> {
    await loadSymbols();
    await Promise.all([loadHistory(), loadWatch()]);
  }

  async function loadSymbols(): Promise<void> {
    try {
      const items = await api.symbols();
      watch.setSymbols(items);
      symbolsProblem.set(null);
      const wanted = symbol.get() ?? prefs.get().symbol;
      const found = items.find((item) => item.symbol === wanted) ?? items[0];
      symbol.set(found?.symbol ?? null);
      if (found === undefined) symbolsLater();
      else bars.focus(found.symbol, interval.get());
    } catch (error) {
      symbolsProblem.set(words(error));
      symbolsLater();
    }
  }

  /** A server that has just started may not know its symbols yet, and symbols may join while running. */
  function symbolsLater(): void {
    if (symbolsDue) return;
    symbolsDue = true;
    clock.after(AGAIN_MS, () => {
      symbolsDue = false;
      if (HOLDS_CONNECTION[stream.info().link]) void loadAll();
    });
  }

  async function loadHistory(): Promise<void> {
    const chosen = symbol.get();
    if (chosen === null) return;
    const span = interval.get();
    const series = bars.series(chosen, span);
    asked += 1;
    const mine = asked;
    if (series.complete() && (series.rows().length >= ENOUGH || series.reachesStart())) {
      history.set({ loading: false, problem: null });
      return;
    }
    history.set({ loading: true, problem: null });
    try {
      const items = await api.bars({ symbol: chosen, interval: span, limit: PAGE });
      if (interval.get() === span || span === WATCH_INTERVAL) bars.loaded(chosen, span, items);
      if (mine === asked) history.set({ loading: false, problem: null });
    } catch (error) {
      if (mine !== asked) return;
      history.set({ loading: false, problem: words(error) });
      // Without a connection the next one will ask again.
      clock.after(AGAIN_MS, () => {
        if (mine === asked && HOLDS_CONNECTION[stream.info().link]) void loadHistory();
      });
    }
  }

  /** The last hour of every symbol for the sparklines, and the last minute in seconds for the change over it. */
  async function loadWatch(): Promise<void> {
    for (const { symbol: one } of watch.rows()) {
      if (bars.series(one, WATCH_INTERVAL).complete()) continue;
      try {
        const [minutes, secs] = await Promise.all([
          api.bars({ symbol: one, interval: WATCH_INTERVAL, limit: SPARK_MINUTES }),
          api.bars({ symbol: one, interval: "1s", limit: MINUTE_SECONDS }),
        ]);
        bars.loaded(one, WATCH_INTERVAL, minutes);
        watch.put([...secs, ...minutes.slice(-1)]);
      } catch (error) {
        symbolsProblem.set(words(error));
      }
    }
  }

  /** Alerts are kept by the store; a server without one has no list to ask for. */
  async function askAlerts(): Promise<void> {
    const store = trust.status()?.parts.find((part) => part.part === "persist");
    if (store === undefined) {
      if (alerts.state() === "loading") alerts.unavailable("absent", null);
      return;
    }
    if (alertsAsked) return;
    alertsAsked = true;
    try {
      alerts.loaded(await api.alerts(100));
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) alerts.unavailable("absent", null);
      else {
        alerts.unavailable("failed", words(error));
        clock.after(5_000, () => {
          alertsAsked = false;
        });
      }
    }
  }

  const ticking = (): void => {
    trust.tick();
    stopTicks = clock.after(1_000, ticking);
  };

  return {
    bars,
    watch,
    trust,
    alerts,
    prefs,
    symbol,
    interval,
    history,
    symbolsProblem,
    badEvents,
    start() {
      stream.start();
      ticking();
    },
    stop() {
      stopTicks();
      stream.stop();
    },
    retryNow: () => stream.retryNow(),
    selectSymbol(next) {
      if (watch.row(next) === undefined) return;
      prefs.set({ symbol: next });
      symbol.set(next);
      bars.focus(next, interval.get());
      void loadHistory();
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
    async loadOlder() {
      const chosen = symbol.get();
      if (chosen === null || olderBusy) return;
      const span = interval.get();
      const series = bars.series(chosen, span);
      const first = series.first();
      if (first === undefined || series.reachesStart() || !series.complete()) return;
      olderBusy = true;
      try {
        const items = await api.bars({ symbol: chosen, interval: span, to: first.start_ts_ms, limit: PAGE });
        if (bars.series(chosen, span).complete()) bars.loadedOlder(chosen, span, items);
      } catch (error) {
        history.set({ loading: false, problem: words(error) });
      } finally {
        olderBusy = false;
      }
    },
  };
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
