import { INTERVALS } from "../../core/messages/bar.ts";
import { makeWatchers } from "./cell.ts";
import type { Frame } from "./frame.ts";

export type Theme = "system" | "dark" | "light";
/** Up and down: teal and orange can be told apart by colour-blind readers. */
export type Palette = "teal" | "green";

export interface Prefs {
  readonly theme: Theme;
  readonly palette: Palette;
  readonly symbol: string | null;
  readonly interval: string;
  /** Widths of the side panels in CSS pixels. */
  readonly watchPx: number;
  readonly alertsPx: number;
}

export const PANEL_PX = {
  watchPx: { min: 180, max: 420, start: 272 },
  alertsPx: { min: 240, max: 560, start: 320 },
} as const;

export const DEFAULT_PREFS: Prefs = {
  theme: "system",
  palette: "teal",
  symbol: null,
  interval: "1m",
  watchPx: PANEL_PX.watchPx.start,
  alertsPx: PANEL_PX.alertsPx.start,
};

/** Part of the web's Storage; every call may throw (private windows, full disk, forbidden). */
export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface PrefsStore {
  get(): Prefs;
  set(change: Partial<Prefs>): void;
  subscribe(watcher: () => void): () => void;
}

/** Also read by public/theme.js, before the first paint. */
export const PREFS_KEY = "tapebell.prefs";

const clamp = (value: unknown, { min, max, start }: { min: number; max: number; start: number }): number =>
  typeof value === "number" && Number.isFinite(value) ? Math.round(Math.min(max, Math.max(min, value))) : start;

/** Whatever was stored becomes valid preferences: each bad value falls back alone. */
export function readPrefs(stored: unknown): Prefs {
  const raw = (typeof stored === "object" && stored !== null ? stored : {}) as Record<string, unknown>;
  return {
    theme: raw.theme === "dark" || raw.theme === "light" ? raw.theme : "system",
    palette: raw.palette === "green" ? "green" : "teal",
    symbol: typeof raw.symbol === "string" && /^[A-Za-z0-9._\-/:]{1,64}$/.test(raw.symbol) ? raw.symbol : null,
    interval: INTERVALS.find((one) => one === raw.interval) ?? DEFAULT_PREFS.interval,
    watchPx: clamp(raw.watchPx, PANEL_PX.watchPx),
    alertsPx: clamp(raw.alertsPx, PANEL_PX.alertsPx),
  };
}

export function makePrefs({ frame, storage }: { frame: Frame; storage: () => KeyValue }): PrefsStore {
  let prefs = DEFAULT_PREFS;
  try {
    prefs = readPrefs(JSON.parse(storage().getItem(PREFS_KEY) ?? "null"));
  } catch {
    // No storage, or not ours: the defaults hold for this visit.
  }
  const watchers = makeWatchers(frame);
  return {
    get: () => prefs,
    set(change) {
      prefs = readPrefs({ ...prefs, ...change });
      try {
        storage().setItem(PREFS_KEY, JSON.stringify(prefs));
      } catch {
        // Kept for this visit only.
      }
      watchers.changed();
    },
    subscribe: watchers.subscribe,
  };
}
