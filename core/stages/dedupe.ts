import type { MarketRecord } from "../messages/index.ts";
import type { Trade } from "../messages/trade.ts";
import type { Stage } from "../stage.ts";
import { moveSeen } from "./bars/clock.ts";
import { NONE } from "./bars/state.ts";
import { type BySymbol, bySymbol, find, makeRoom, put } from "./symbols.ts";

export interface DedupeSettings {
  /** DEDUPE_SEC: event time for which the ids of a symbol's trades are remembered. */
  readonly dedupe_ms: number;
  /** Ids (or runs of ids, where they count up) remembered per symbol and provider, at most: the oldest go first. */
  readonly dedupe_max: number;
  /** CLOCK_JUMP_CONFIRM_SEC */
  readonly jump_ms: number;
  readonly symbols_max: number;
}

export const DEDUPE_DEFAULTS: DedupeSettings = {
  dedupe_ms: 120_000,
  dedupe_max: 50_000,
  jump_ms: 60_000,
  symbols_max: 4_096,
};

/** Ids that came without a hole between them, and when the newest of them came. */
export interface Run {
  from: number;
  to: number;
  at_ms: number;
}

/** What one provider has sent of one symbol. */
export interface Source {
  provider: string;
  seen_ms: number;
  jump_ms: number;
  due_ms: number;
  /** Event time of the newest trade that filled a gap: fills move no clock, and one sent again is not new for that. */
  filled_ms: number;
  /** By id. */
  runs: Run[];
  /** Ids that do not count up, by arrival; those before `first` are forgotten. */
  ids: string[];
  at_ms: number[];
  first: number;
}

export interface DedupeState {
  settings: DedupeSettings;
  symbols: BySymbol<Source[]>;
  /** Event time at which idle symbols were last looked for. */
  looked_ms: number;
  /** Trades left out, and trades of symbols there was no room to remember. */
  duplicates: number;
  unchecked: number;
}

/** Feeds of a symbol remembered at once: the one routed now and those it may fail over to. */
const PROVIDERS_MAX = 4;
/** Fewer runs than this are kept however old: where ids have no holes there is one, and it knows every id ever sent. */
const RUNS_KEPT = 256;
const LOOK_AGAIN_MS = 60_000;
/** Receive time bounds event time, as everywhere. */
const AHEAD_MS = 1_000;

/** Passes every record on but the trades that were there before. */
export const dedupe: Stage<DedupeState, MarketRecord, MarketRecord, DedupeSettings> = {
  version: 2,
  init: (settings) => ({ settings, symbols: bySymbol(), looked_ms: NONE, duplicates: 0, unchecked: 0 }),
  step(state, record, emit) {
    if (record.kind === "trade" && isDuplicate(state, record)) state.duplicates++;
    else emit(record);
  },
};

export function isDuplicate(state: DedupeState, trade: Trade): boolean {
  const source = sourceOf(state, trade);
  if (source === null) {
    state.unchecked++;
    return false;
  }
  const newest_ms = Math.max(source.seen_ms, source.filled_ms);
  if (trade.fill === undefined) moveSeen(source, trade, state.settings.jump_ms);
  else source.filled_ms = Math.max(source.filled_ms, Math.min(trade.ts_ms, (trade.recv_ms ?? trade.ts_ms) + AHEAD_MS));
  const { trade_id, seq } = trade;
  const countsUp = trade_id !== null && Number.isSafeInteger(seq) && Number(trade_id) === seq;
  return countsUp
    ? !addNumber(source, seq, trade.ts_ms > newest_ms, state.settings)
    : !addText(source, trade.event_id, state.settings);
}

function sourceOf(state: DedupeState, { symbol, provider, ts_ms }: Trade): Source | null {
  let sources = find(state.symbols, symbol);
  if (sources === undefined) {
    const { symbols_max, dedupe_ms } = state.settings;
    if (state.symbols.count >= symbols_max && Math.abs(ts_ms - state.looked_ms) >= LOOK_AGAIN_MS) {
      state.looked_ms = ts_ms;
      makeRoom(state.symbols, symbols_max, newestOf, (known) => newestOf(known) > ts_ms - dedupe_ms);
    }
    if (state.symbols.count >= symbols_max) return null;
    sources = put(state.symbols, symbol, []);
  }
  for (const source of sources) if (source.provider === provider) return source;
  const source: Source = {
    provider,
    seen_ms: NONE,
    jump_ms: NONE,
    due_ms: NONE,
    filled_ms: NONE,
    runs: [],
    ids: [],
    at_ms: [],
    first: 0,
  };
  if (sources.length >= PROVIDERS_MAX) sources.shift();
  sources.push(source);
  return source;
}

/** What is known of a provider's trades of a symbol; nothing is made. */
export const knownSource = (state: DedupeState, symbol: string, provider: string): Source | undefined =>
  find(state.symbols, symbol)?.find((source) => source.provider === provider);

const newestOf = (sources: readonly Source[]): number =>
  sources.reduce((newest, source) => Math.max(newest, source.seen_ms), NONE);

/**
 * False if the id was there before. Runs of ids, not only the highest one: a trade that was overtaken, or one that fills a
 * gap, has a lower id and is new all the same.
 */
function addNumber(source: Source, id: number, isNewest: boolean, settings: DedupeSettings): boolean {
  const { runs } = source;
  const last = runs[runs.length - 1];
  if (last !== undefined && id === last.to + 1) {
    last.to = id;
    last.at_ms = source.seen_ms;
    return true;
  }
  let after = runs.length;
  while (after > 0 && runs[after - 1]!.from > id) after--;
  const before = runs[after - 1];
  if (before !== undefined && id <= before.to) {
    if (!isNewest) return false;
    // Sent before, and newer than all that was sent: the venue counts from the start again.
    source.runs = [{ from: id, to: id, at_ms: source.seen_ms }];
    return true;
  }
  const next = runs[after];
  const joinsNext = next !== undefined && next.from === id + 1;
  if (before !== undefined && before.to === id - 1) {
    before.to = joinsNext ? next.to : id;
    before.at_ms = joinsNext ? Math.max(source.seen_ms, next.at_ms) : source.seen_ms;
    if (joinsNext) runs.splice(after, 1);
  } else if (joinsNext) {
    next.from = id;
  } else {
    runs.splice(after, 0, { from: id, to: id, at_ms: source.seen_ms });
    if (runs.length > RUNS_KEPT) forgetRuns(source, settings);
  }
  return true;
}

function forgetRuns(source: Source, { dedupe_ms, dedupe_max }: DedupeSettings): void {
  const { runs } = source;
  let old = Math.max(0, runs.length - dedupe_max);
  while (old < runs.length - RUNS_KEPT && runs[old]!.at_ms < source.seen_ms - dedupe_ms) old++;
  // A quarter at a time: taking one off the front of a long list costs as much as taking many.
  if (old > runs.length / 4 || runs.length > dedupe_max) runs.splice(0, Math.max(old, 1));
}

/** Only for speed: the ids of a source as a set, made again from its state after a restart. */
const sets = new WeakMap<Source, Set<string>>();

function addText(source: Source, id: string, { dedupe_ms, dedupe_max }: DedupeSettings): boolean {
  let set = sets.get(source);
  if (set === undefined) {
    set = new Set(source.ids.slice(source.first));
    sets.set(source, set);
  }
  if (set.has(id)) return false;
  set.add(id);
  source.ids.push(id);
  source.at_ms.push(source.seen_ms);
  const { ids, at_ms } = source;
  const horizon_ms = source.seen_ms - dedupe_ms;
  while (
    source.first < ids.length - 1 &&
    (ids.length - source.first > dedupe_max || at_ms[source.first]! < horizon_ms)
  ) {
    set.delete(ids[source.first]!);
    source.first++;
  }
  if (source.first > 1_024 && source.first > ids.length / 2) {
    ids.splice(0, source.first);
    at_ms.splice(0, source.first);
    source.first = 0;
  }
  return true;
}
