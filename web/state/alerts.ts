import type { Alert } from "../../core/messages/alert.ts";
import { makeWatchers } from "./cell.ts";
import type { Frame } from "./frame.ts";

/**
 * loading: not asked yet · ready: what is shown is what the server holds · absent: this server keeps no alerts ·
 * failed: the list could not be read, `problem` says why.
 */
export type AlertsState = "loading" | "ready" | "absent" | "failed";

export interface Alerts {
  /** Newest first. Ones grouped into a market alert are not among them, nor what only history would have brought. */
  list(): readonly Alert[];
  /** What would have come while nobody listened; never sent. Newest first. */
  wouldHave(): readonly Alert[];
  bySymbol(symbol: string): readonly Alert[];
  get(id: string): Alert | undefined;
  state(): AlertsState;
  problem(): string | null;
  selected(): string | null;
  select(id: string | null): void;
  /** Moves the selection; returns the id it lands on. */
  step(by: 1 | -1): string | null;
  /** A record of the stream. `announce` false for what was missed while away. */
  put(record: Alert, announce: boolean): void;
  loaded(records: readonly Alert[]): void;
  unavailable(state: "absent" | "failed", problem: string | null): void;
  /** New alerts to call out, oldest first; asking takes them. */
  takeAnnouncements(): readonly Alert[];
  subscribe(watcher: () => void): () => void;
}

const ALERTS_MAX = 500;
const ANNOUNCE_MAX = 20;

export function makeAlerts({ frame }: { frame: Frame }): Alerts {
  const byId = new Map<string, Alert>();
  let sorted: readonly Alert[] | null = [];
  let past: readonly Alert[] | null = [];
  let state: AlertsState = "loading";
  let problem: string | null = null;
  let selected: string | null = null;
  let announcements: Alert[] = [];
  const watchers = makeWatchers(frame);

  const newestFirst = (isWanted: (one: Alert) => boolean): readonly Alert[] =>
    [...byId.values()].filter(isWanted).sort((a, b) => b.start_ms - a.start_ms || (a.id < b.id ? 1 : -1));
  const list = (): readonly Alert[] => {
    sorted ??= newestFirst((one) => one.suppressed !== "market" && one.would_have !== true);
    return sorted;
  };

  const put = (record: Alert): boolean => {
    const current = byId.get(record.id);
    if (current !== undefined && current.revision >= record.revision) return false;
    byId.set(record.id, record);
    sorted = null;
    past = null;
    if (byId.size > ALERTS_MAX * 1.1) {
      const old = [...byId.values()].sort((a, b) => b.start_ms - a.start_ms).slice(ALERTS_MAX);
      for (const one of old) byId.delete(one.id);
    }
    return true;
  };

  return {
    list,
    wouldHave() {
      past ??= newestFirst((one) => one.would_have === true);
      return past;
    },
    bySymbol: (symbol) =>
      list().filter((one) => one.symbol === symbol || (one.symbol === "*" && one.symbols?.includes(symbol) === true)),
    get: (id) => byId.get(id),
    state: () => state,
    problem: () => problem,
    selected: () => selected,
    select(id) {
      if (selected === id) return;
      selected = id;
      watchers.changed();
    },
    step(by) {
      const ids = list().map((one) => one.id);
      if (ids.length === 0) return null;
      const at = selected === null ? -1 : ids.indexOf(selected);
      const next = at === -1 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by));
      selected = ids[next] ?? null;
      watchers.changed();
      return selected;
    },
    put(record, announce) {
      const known = byId.get(record.id);
      if (!put(record)) return;
      // Said once when it opens (or goes on after the start) and once when it grows; a better summary or the end is no
      // news to interrupt for.
      const isFirst = known === undefined || known.would_have === true;
      const news = isFirst || (record.state === "escalated" && known.state !== "escalated");
      const quiet = record.suppressed !== undefined || record.would_have === true || record.state === "over";
      if (announce && news && !quiet) announcements = [...announcements, record].slice(-ANNOUNCE_MAX);
      watchers.changed();
    },
    loaded(records) {
      for (const record of records) put(record);
      state = "ready";
      problem = null;
      watchers.changed();
    },
    unavailable(next, why) {
      state = next;
      problem = why;
      watchers.changed();
    },
    takeAnnouncements() {
      const taken = announcements;
      announcements = [];
      return taken;
    },
    subscribe: watchers.subscribe,
  };
}

/** From where an alert's move began to the newest price, as a share; null where either is not known. */
export function moveSince({ evidence }: Pick<Alert, "evidence">, last: number | null): number | null {
  const from = evidence.from?.price;
  return from === undefined || last === null ? null : last / from - 1;
}
