import type { DeadLetter } from "../../core/messages/index.ts";
import type { Position } from "../../core/ports/bus.ts";
import type { Page } from "../../core/ports/store.ts";
import { cursorText, epochMs, type ListPlace } from "../../db/index.ts";
import type { Archive } from "./archive.ts";
import type { Cache } from "./cache.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";

/** A page of JSON texts, newest first. */
export interface ListPage {
  readonly items: readonly string[];
  /** Goes back in as `before`. */
  readonly next: string | null;
  /** False: the store is away or behind, so older records, or older pages, may be missing. */
  readonly complete: boolean;
}

export interface RecordsQuery {
  readonly symbol?: string | undefined;
  readonly limit: number;
  readonly before?: ListPlace | undefined;
}

/** Among those not stored yet; or in the store's pages, when those from position `shown` on have been shown before. */
export type LettersPlace = { readonly position: Position } | { readonly stored: string; readonly shown: Position };

interface Listed extends ListPlace {
  readonly revision: number;
  readonly text: string;
}

/** Newest first; ids by their bytes, as the store sorts them. */
const isBefore = (a: ListPlace, b: ListPlace): boolean =>
  a.time_ms !== b.time_ms ? a.time_ms < b.time_ms : a.id < b.id;
const newestFirst = (a: ListPlace, b: ListPlace): number => (isBefore(a, b) ? 1 : isBefore(b, a) ? -1 : 0);

/**
 * Alerts, gaps and dead letters: from the store, and over it what the cache holds, which is newer. Every record of the log
 * is in one of the two, because the store says up to which position it has read and the cache from which one it knows all.
 */
export class Lists {
  private readonly cache: Cache;
  private readonly archive: Archive;

  constructor(cache: Cache, archive: Archive) {
    this.cache = cache;
    this.archive = archive;
  }

  async alerts(query: RecordsQuery): Promise<ListPage> {
    const { alerts } = this.cache.state.ledgers;
    const { symbol } = query;
    const archived = await this.archive.read("alerts", alerts.knownFrom, (store) =>
      store.readAlerts({ ...storeQuery(query), ...(symbol !== undefined && { symbol }) }),
    );
    const isWanted = (entry: LedgerEntry): boolean => concerns(entry, symbol);
    const listed = archived && { upTo: archived.upTo, page: asListed(archived.found, (alert) => epochMs(alert.time)) };
    return merge(alerts, listed, query, isWanted);
  }

  async gaps(query: RecordsQuery & { readonly status?: "open" | "filled" | "lost" | undefined }): Promise<ListPage> {
    const { state } = this.cache;
    const { symbol, status } = query;
    const archived = await this.archive.read("gaps", state.ledgers.gaps.knownFrom, (store) =>
      store.readGaps({
        ...storeQuery(query),
        ...(symbol !== undefined && { symbol }),
        ...(status !== undefined && { status }),
      }),
    );
    const isWanted = (entry: LedgerEntry): boolean =>
      concerns(entry, symbol) && (status === undefined || state.gapStatus(entry.id) === status);
    const listed = archived && { upTo: archived.upTo, page: asListed(archived.found, (gap) => gap.from_ms) };
    return merge(state.ledgers.gaps, listed, query, isWanted);
  }

  async signals(query: RecordsQuery): Promise<ListPage> {
    const { signals } = this.cache.state.ledgers;
    const { symbol } = query;
    const archived = await this.archive.read("signals", signals.knownFrom, (store) =>
      store.readSignals({ ...storeQuery(query), ...(symbol !== undefined && { symbol }) }),
    );
    const listed = archived && {
      upTo: archived.upTo,
      page: asListed(archived.found, (signal) => epochMs(signal.ts)),
    };
    return merge(signals, listed, query, (entry) => concerns(entry, symbol));
  }

  /** The store's rows, and over them the newest one of all, which may not be stored yet. */
  async metrics(query: RecordsQuery & { readonly symbol: string }): Promise<ListPage> {
    const { symbol, limit, before } = query;
    const newest = this.cache.state.newest.get("metrics", symbol);
    const archived = await this.archive.read("metrics", newest === undefined ? 0 : newest.position + 1, (store) =>
      store.readMetrics({ ...storeQuery(query), symbol }),
    );
    const rows = (archived?.found.items ?? []).map((row) => ({ time_ms: epochMs(row.time), text: asText(row) }));
    const [first] = rows;
    const isNewer = before === undefined && newest !== undefined && newest.time_ms > (first?.time_ms ?? 0);
    const shown = (isNewer ? [newest, ...rows] : rows).slice(0, limit);
    const last = shown.at(-1);
    const isCut = shown.length <= rows.length && isNewer && last !== undefined;
    return {
      items: shown.map(({ text }) => text),
      next: isCut ? cursorText({ time_ms: last.time_ms, id: symbol }) : (archived?.found.next ?? null),
      complete: archived !== null && (newest === undefined || archived.upTo > newest.position),
    };
  }

  /** Null: there is none. "unknown": it is not held here, and the store cannot be asked. */
  async alert(id: string): Promise<{ readonly text: string } | null | "unknown"> {
    const { alerts } = this.cache.state.ledgers;
    const held = (): { text: string } | null => alerts.get(id)?.event ?? null;
    if (held() !== null) return held();
    const archived = await this.archive.read("alerts", alerts.knownFrom, (store) => store.readAlert(id));
    if (held() !== null) return held();
    if (archived === null) return "unknown";
    if (archived.found !== null) return { text: JSON.stringify(archived.found) };
    return archived.upTo >= alerts.knownFrom ? null : "unknown";
  }

  /**
   * Dead letters stay as they are, and their order is that of the log: first those that are not stored yet, then the
   * store's pages.
   */
  async deadLetters(query: { readonly limit: number; readonly before?: LettersPlace | undefined }): Promise<ListPage> {
    const { letters } = this.cache.state;
    const { limit, before } = query;
    if (before !== undefined && "stored" in before) {
      const archived = await this.archive.read("deadLetter", 0, (store) =>
        store.readDeadLetters({ limit, before: before.stored }),
      );
      if (archived === null) return { items: [], next: lettersCursor(before), complete: false };
      return { ...this.unshown(archived.found, before.shown), complete: true };
    }
    const bound = before?.position ?? Number.POSITIVE_INFINITY;
    const newest = await this.archive.read("deadLetter", letters.knownFrom, (store) =>
      store.readDeadLetters({ limit }),
    );
    const upTo = newest?.upTo ?? Number.NEGATIVE_INFINITY;
    const waiting = letters.newest().filter(({ position }) => position >= upTo && position < bound);
    const shown = waiting.slice(0, limit);
    const last = shown.at(-1);
    const complete = newest !== null && letters.knownFrom <= upTo;
    const more = last && lettersCursor({ position: last.position });
    const items = shown.map((entry) => entry.event);
    if (newest === null) return { items, next: (waiting.length > limit && more) || null, complete };
    if (shown.length === limit) return { items, next: more ?? null, complete };
    // Read again for exactly what there is room for: the store's cursor stands behind the last row it gave.
    const room = limit - shown.length;
    const rest =
      room === limit
        ? newest
        : await this.archive.read("deadLetter", 0, (store) => store.readDeadLetters({ limit: room }));
    if (rest === null) return { items, next: more ?? null, complete: false };
    const { items: older, next } = this.unshown(rest.found, Math.min(upTo, bound));
    return { items: [...items, ...older], next, complete };
  }

  /** A page of the store without those that were shown while they were not stored yet. */
  private unshown({ items, next }: Page<DeadLetter>, shown: Position): Omit<ListPage, "complete"> {
    const { letters } = this.cache.state;
    const left = items.filter(({ id }) => (letters.get(id)?.position ?? -1) < shown);
    return { items: left.map(asText), next: next && lettersCursor({ stored: next, shown }) };
  }
}

const asText = (record: object): string => JSON.stringify(record);

const storeQuery = ({ limit, before }: RecordsQuery): { limit: number; before?: string } => ({
  limit,
  ...(before !== undefined && { before: cursorText(before) }),
});

const concerns = ({ event }: LedgerEntry, symbol: string | undefined): boolean =>
  symbol === undefined || event.symbols === null || event.symbols.includes(symbol);

const lettersCursor = (place: LettersPlace): string =>
  "stored" in place ? `s.${place.shown}.${place.stored}` : `p.${place.position}`;

export function lettersPlace(cursor: string): LettersPlace | null {
  const match = /^([ps])\.(\d{1,15})(?:\.(.*))?$/s.exec(cursor);
  if (match === null) return null;
  const [, phase, position, stored] = match;
  if (phase === "p") return stored === undefined ? { position: Number(position) } : null;
  return stored === undefined ? null : { stored, shown: Number(position) };
}

function asListed<T extends { readonly id: string; readonly revision?: number }>(
  page: Page<T>,
  time: (record: T) => number,
): Page<Listed> {
  const items = page.items.map((one) => ({
    id: one.id,
    revision: one.revision ?? 0,
    time_ms: time(one),
    text: asText(one),
  }));
  return { items, next: page.next };
}

/** The store's page with what the cache knows better put over it. */
function merge(
  ledger: Ledger,
  archived: { readonly upTo: Position; readonly page: Page<Listed> } | null,
  { limit, before }: RecordsQuery,
  isWanted: (entry: LedgerEntry) => boolean,
): ListPage {
  const byId = new Map<string, Listed>();
  const stored = archived?.page.items ?? [];
  for (const one of stored) byId.set(one.id, one);
  for (const entry of ledger.newest()) {
    const known = byId.get(entry.id);
    if (known !== undefined && known.revision > entry.revision) continue;
    if (isWanted(entry)) byId.set(entry.id, { ...entry, text: entry.event.text });
    else byId.delete(entry.id);
  }
  // Where the store has more, nothing is known for certain behind the last row it gave.
  const floor = archived?.page.next == null ? null : (stored.at(-1) ?? null);
  const known = [...byId.values()]
    .filter((one) => (before === undefined || isBefore(one, before)) && (floor === null || !isBefore(one, floor)))
    .sort(newestFirst);
  const shown = known.slice(0, limit);
  const end = known.length > limit ? shown.at(-1) : floor;
  return {
    items: shown.map((one) => one.text),
    next: end ? cursorText({ time_ms: end.time_ms, id: end.id }) : null,
    complete: archived !== null && ledger.knownFrom <= archived.upTo,
  };
}
