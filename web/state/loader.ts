import type { StreamClock } from "../stream/client.ts";
import type { Alerts } from "./alerts.ts";
import { type Api, ApiProblem } from "./api.ts";
import type { Bars } from "./bars.ts";
import type { Cell } from "./cell.ts";
import { splitSymbol } from "./format.ts";
import type { PrefsStore } from "./prefs.ts";
import type { Trust } from "./trust.ts";
import type { Watch } from "./watch.ts";

/** Where the chart's history stands, in words if it failed. */
export interface HistoryState {
  readonly loading: boolean;
  readonly problem: string | null;
}

export interface LoaderOptions {
  readonly api: Api;
  readonly clock: StreamClock;
  readonly bars: Bars;
  readonly watch: Watch;
  readonly trust: Trust;
  readonly alerts: Alerts;
  readonly prefs: PrefsStore;
  readonly symbol: Cell<string | null>;
  readonly interval: Cell<string>;
  readonly history: Cell<HistoryState>;
  readonly symbolsProblem: Cell<string | null>;
  /** Whether a connection stands; without one there is nobody to ask, and the next one asks again. */
  readonly connected: () => boolean;
}

/** Fetches what the stream does not bring: what was before it. */
export interface Loader {
  all(): Promise<void>;
  history(): Promise<void>;
  older(): Promise<void>;
  /** Symbols the page does not know were heard of. */
  symbolsLater(): void;
  alerts(): Promise<void>;
  /** What was loaded may no longer hold. */
  forget(): void;
}

/** The watch list lives on 1 m candles, whatever the chart shows. */
export const WATCH_INTERVAL = "1m";
/** Shown to who has chosen nothing yet. */
const FIRST_BASE = "BTC";
const PAGE = 600;
/** Fewer candles than this do not fill a chart. */
const ENOUGH = 300;
/** The sparkline's minutes and the forming one. */
const SPARK_MINUTES = 61;
/** Enough 1 s candles to know every price of the last minute. */
const MINUTE_SECONDS = 90;
/** Symbols whose past is loaded at the same time; what a person asks for meanwhile must still get through. */
const SPARKS_AT_ONCE = 2;
const ALERTS_PAGE = 100;
const GAPS_PAGE = 100;
/** A part of the page that could not be loaded is tried again after this; older history after the longer wait. */
const AGAIN_MS = 2_000;
const OLDER_AGAIN_MS = 10_000;

export function makeLoader(options: LoaderOptions): Loader {
  const { api, clock, bars, watch, trust, alerts, prefs, symbol, interval, history, symbolsProblem, connected } =
    options;
  /** Counts questions: the answer to an older one must not overwrite the state of a newer one. */
  let asked = 0;
  let olderBusy = false;
  let olderNotBeforeMs = 0;
  let symbolsDue = false;
  let alertsAsked = false;

  const later = (fn: () => void): void => {
    clock.after(AGAIN_MS, () => {
      if (connected()) fn();
    });
  };

  async function all(): Promise<void> {
    await symbols();
    await Promise.all([loadHistory(), sparks(), gaps()]);
  }

  async function symbols(): Promise<void> {
    try {
      const items = await api.symbols();
      watch.setSymbols(items);
      symbolsProblem.set(null);
      const wanted = symbol.get() ?? prefs.get().symbol;
      const found =
        items.find((item) => item.symbol === wanted) ??
        items.find((item) => splitSymbol(item.symbol)[0] === FIRST_BASE) ??
        items[0];
      symbol.set(found?.symbol ?? null);
      // A server that has just started may not know its symbols, or their decimals, yet.
      if (found === undefined || items.some((item) => item.decimals === null)) symbolsLater();
      if (found !== undefined) bars.focus(found.symbol, interval.get());
    } catch (error) {
      symbolsProblem.set(words(error));
      symbolsLater();
    }
  }

  function symbolsLater(): void {
    if (symbolsDue) return;
    symbolsDue = true;
    clock.after(AGAIN_MS, () => {
      symbolsDue = false;
      if (connected()) void all();
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
      const { items } = await api.bars({ symbol: chosen, interval: span, limit: PAGE });
      if (interval.get() === span || span === WATCH_INTERVAL) bars.loaded(chosen, span, items);
      if (mine === asked) history.set({ loading: false, problem: null });
    } catch (error) {
      if (mine !== asked) return;
      history.set({ loading: false, problem: words(error) });
      later(() => {
        if (mine === asked) void loadHistory();
      });
    }
  }

  /** The last hour of every symbol for the sparklines, and the last minute in seconds for the change over it. */
  async function sparks(): Promise<void> {
    const due = watch
      .rows()
      .filter(({ symbol: one, seeded }) => !seeded || !bars.series(one, WATCH_INTERVAL).complete())
      .map((row) => row.symbol);
    const next = due.values();
    await Promise.all(Array.from({ length: SPARKS_AT_ONCE }, () => sparksOf(next)));
  }

  async function sparksOf(symbols: Iterable<string>): Promise<void> {
    for (const one of symbols) {
      try {
        const [minutes, secs] = await Promise.all([
          api.bars({ symbol: one, interval: WATCH_INTERVAL, limit: SPARK_MINUTES }),
          api.bars({ symbol: one, interval: "1s", limit: MINUTE_SECONDS }),
        ]);
        bars.loaded(one, WATCH_INTERVAL, minutes.items);
        watch.seed(one, [...secs.items, ...minutes.items.slice(-1)]);
      } catch (error) {
        symbolsProblem.set(words(error));
        symbolsLater();
        return;
      }
    }
  }

  async function gaps(): Promise<void> {
    try {
      for (const gap of await api.gaps(GAPS_PAGE)) trust.putGap(gap);
    } catch {
      // The candles themselves say `partial`; the shading comes with the next connection.
    }
  }

  async function older(): Promise<void> {
    const chosen = symbol.get();
    if (chosen === null || olderBusy || clock.now() < olderNotBeforeMs) return;
    const span = interval.get();
    const series = bars.series(chosen, span);
    const first = series.first();
    if (first === undefined || series.reachesStart() || !series.complete()) return;
    olderBusy = true;
    try {
      const page = await api.bars({ symbol: chosen, interval: span, to: first.start_ts_ms, limit: PAGE });
      if (series.complete()) bars.loadedOlder(chosen, span, page.items);
      if (!page.complete && page.items.length === 0) olderNotBeforeMs = clock.now() + OLDER_AGAIN_MS;
    } catch (error) {
      olderNotBeforeMs = clock.now() + OLDER_AGAIN_MS;
      history.set({ loading: false, problem: words(error) });
      clock.after(OLDER_AGAIN_MS, () => history.set({ loading: false, problem: null }));
    } finally {
      olderBusy = false;
    }
  }

  /** Alerts are kept by the store; a server without one has no list to ask for. */
  async function loadAlerts(): Promise<void> {
    const store = trust.status()?.parts.find((part) => part.part === "persist");
    if (store === undefined) {
      if (alerts.state() === "loading") alerts.unavailable("absent", null);
      return;
    }
    if (alertsAsked) return;
    alertsAsked = true;
    try {
      alerts.loaded(await api.alerts(ALERTS_PAGE));
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) alerts.unavailable("absent", null);
      else {
        alerts.unavailable("failed", words(error));
        // The next status, a second apart, asks again.
        clock.after(AGAIN_MS, () => {
          alertsAsked = false;
        });
      }
    }
  }

  return {
    all,
    history: loadHistory,
    older,
    symbolsLater,
    alerts: loadAlerts,
    forget() {
      alertsAsked = false;
    },
  };
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
