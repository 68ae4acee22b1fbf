import type { Anomaly, Headline, Metrics } from "../../messages/index.ts";
import type { Stage } from "../../stage.ts";
import { SENTIMENT_WORDS, type SentimentWords, stubSummary } from "../../text/stub-summary.ts";
import { isoOffset, parseIso } from "../../text/time.ts";
import { WINDOWS, type WindowSpec } from "../metrics/settings.ts";
import { admit, type BySymbol, bySymbol, find } from "../symbols.ts";

export interface ClassicSettings {
  readonly windows: readonly WindowSpec[];
  /** ANOMALY_COOLDOWN_SEC: per symbol and window, by the price's own time. */
  readonly cooldown_ms: number;
  /** HEADLINE_MAX_AGE_SEC. */
  readonly headline_max_age_ms: number;
  readonly sentiment: SentimentWords;
  readonly max_symbols: number;
}
export const CLASSIC_SETTINGS: ClassicSettings = {
  windows: WINDOWS,
  cooldown_ms: 60_000,
  headline_max_age_ms: 900_000,
  sentiment: SENTIMENT_WORDS,
  max_symbols: 5_000,
};

interface Fired {
  /** Time of the last alert per window; null before the first. */
  last_ms: (number | null)[];
  seen_ms: number;
}
export interface ClassicState {
  settings: ClassicSettings;
  symbols: BySymbol<Fired>;
  /** The latest headline, whatever it speaks of: the classic rule attaches it to any symbol's alert. */
  headline: { id: string; title: string; sentiment: number | null; ts_ms: number } | null;
  suppressed: number;
}

function decide(state: ClassicState, row: Metrics, emit: (out: Anomaly) => void): void {
  const { settings, symbols, headline } = state;
  if (row.action !== undefined && row.action !== "processed") return;
  const ts_ms = parseIso(row.time);
  let fired = find(symbols, row.symbol);
  for (let i = 0; i < settings.windows.length; i++) {
    const { label, threshold } = settings.windows[i]!;
    const ret = row[`return_${label}`];
    if (typeof ret !== "number" || Math.abs(ret) < threshold) continue;
    if (fired === undefined) {
      const none = { last_ms: settings.windows.map(() => null), seen_ms: ts_ms };
      fired = admit(symbols, row.symbol, none, settings.max_symbols, (f) => f.seen_ms);
    }
    fired.seen_ms = Math.max(fired.seen_ms, ts_ms);
    const last_ms = fired.last_ms[i] ?? null;
    if (last_ms !== null && ts_ms - last_ms < settings.cooldown_ms) {
      state.suppressed++;
      continue;
    }
    fired.last_ms[i] = ts_ms;
    const fresh = headline !== null && ts_ms - headline.ts_ms <= settings.headline_max_age_ms ? headline : null;
    const time = isoOffset(ts_ms);
    const news = { headline: fresh?.title ?? null, sentiment: fresh?.sentiment ?? null };
    emit({
      kind: "anomaly",
      ...(row.origin === undefined ? {} : { origin: row.origin }),
      event_id: `${time}:${row.symbol}:${label}`,
      revision: 0,
      time,
      symbol: row.symbol,
      window_name: label,
      direction: ret >= 0 ? "up" : "down",
      return_value: ret,
      threshold,
      ...news,
      summary: stubSummary({ symbol: row.symbol, window: label, ret, ...news }, settings.sentiment),
    });
  }
}

/** The source system's decisions, to the letter: what the topic `alerts` and the table `anomalies` always carry. */
export const classic: Stage<ClassicState, Metrics | Headline, Anomaly, ClassicSettings> = {
  version: 1,
  init: (settings) => ({ settings, symbols: bySymbol(), headline: null, suppressed: 0 }),
  step(state, record, emit) {
    if (record.kind === "metrics") decide(state, record, emit);
    // A model's word on an older headline does not make that one the latest again.
    else if (record.revision === 0 || state.headline?.id === record.id) {
      const { id, title, sentiment } = record;
      state.headline = { id, title, sentiment, ts_ms: parseIso(record.time) };
    }
  },
};
