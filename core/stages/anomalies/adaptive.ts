import type {
  Bar,
  Benchmark,
  Candidate,
  Headline,
  MarketRecord,
  Nearest,
  Origin,
  PriceRecord,
} from "../../messages/index.ts";
import type { Stage } from "../../stage.ts";
import { type BySymbol, bySymbol, find, makeRoomAnyway, put } from "../symbols.ts";
import { benchmarkOf } from "./benchmark.ts";
import { statement } from "./evidence.ts";
import { expire, follow, hasNews, isForgotten, onHit } from "./excursion.ts";
import { onGap, onRoute, restart } from "./interruptions.ts";
import { onMinute } from "./minutes.ts";
import { type DayCounts, dayCounts, dayOf, nearest } from "./nearest.ts";
import { believable, believe, isOrdinary, type Print, printOf, sift } from "./prints.ts";
import { isEmpty, newestPrice } from "./recent.ts";
import { RULES, ruleStates } from "./rules/index.ts";
import type { Hit } from "./rules/rule.ts";
import type { AdaptiveSettings } from "./settings.ts";
import { absorb, type Excursion, type SymbolState, symbolState } from "./symbol.ts";
import { pause } from "./volume.ts";

export interface AdaptiveState {
  settings: AdaptiveSettings;
  symbols: BySymbol<SymbolState>;
  /** Symbols with a move under way: time alone can end it. */
  open: string[];
  now_ms: number;
  nearest_ms: number;
  benchmark_ms: number;
  counts: DayCounts;
  /** When the UTC day that is counted ends. */
  day_end_ms: number;
  /** Refused at this door, since the beginning. */
  refused: { invalid: number; late: number };
}
export type AdaptiveOut = Candidate | Nearest | Benchmark;
type Emit = (out: AdaptiveOut) => void;

/** Trades may overtake each other by this much between a venue's matching engines. */
const LATE_MS = 1_000;
/** So many behind the newest in a row: it was the newest that lied. */
const LIAR_AFTER = 50;
const DAY_MS = 86_400_000;
const DIRECTIONS = ["up", "down"] as const;

function symbolOf(state: AdaptiveState, name: string, provider: string): SymbolState {
  const known = find(state.symbols, name);
  if (known !== undefined) return known;
  const { evicted } = state.symbols;
  makeRoomAnyway(state.symbols, state.settings.max_symbols, (s) => s.now_ms, isBusy);
  if (state.symbols.evicted !== evicted)
    state.open = state.open.filter((other) => find(state.symbols, other) !== undefined);
  return put(state.symbols, name, symbolState(name, state.settings, ruleStates(state.settings), provider));
}
const underWay = (x: Excursion | null): boolean => x !== null && x.state !== "over";
const isBusy = (s: SymbolState): boolean => s.busy;

/** Says what has changed since the last statement. */
function say(state: AdaptiveState, name: string, symbol: SymbolState, seen: Print | Bar | null, emit: Emit): void {
  for (const direction of DIRECTIONS) {
    const x = symbol.excursions[direction];
    if (x !== null && hasNews(x)) emit(statement(name, symbol, x, seen, state.settings));
  }
  const busy = underWay(symbol.excursions.up) || underWay(symbol.excursions.down);
  if (busy === symbol.busy) return;
  symbol.busy = busy;
  if (busy) state.open.push(name);
  else state.open.splice(state.open.indexOf(name), 1);
}

function endQuiet(state: AdaptiveState, name: string, symbol: SymbolState, now_ms: number, emit: Emit): void {
  let ended = false;
  for (const direction of DIRECTIONS) {
    const x = symbol.excursions[direction];
    const price = newestPrice(symbol.recent) ?? x?.peak.price ?? 0;
    if (x !== null && expire(x, now_ms, price, state.settings)) ended = true;
  }
  if (ended) say(state, name, symbol, null, emit);
}

/** Empty between any two prints; made once, because nearly all prints hit nothing. */
const hits: Hit[] = [];

function weigh(state: AdaptiveState, name: string, symbol: SymbolState, print: Print, emit: Emit): void {
  const { settings, counts } = state;
  absorb(symbol, print, settings.volume_half_life_ms);
  for (let i = 0; i < settings.rules.length; i++) {
    const rule = settings.rules[i]!;
    const own = symbol.rules[rule]!;
    const before = own.weighed;
    RULES[rule].judge(own, symbol, print, settings, hits);
    counts.moves_weighed += own.weighed - before;
    if (hits.length === 0) continue;
    const history = print.lag_ms !== null && print.lag_ms > settings.history_lag_ms;
    const seen = { now_ms: symbol.now_ms, price: print.price, history, by_minute: false };
    for (const hit of hits) if (onHit(name, symbol, hit, seen, settings) === "opened") counts.alerts++;
    hits.length = 0;
  }
  const { up, down } = symbol.excursions;
  if (up === null && down === null) return;
  if (up !== null) follow(up, print.price, symbol.now_ms, settings);
  if (down !== null) follow(down, print.price, symbol.now_ms, settings);
  say(state, name, symbol, print, emit);
  if (up !== null && isForgotten(up, symbol.now_ms, settings)) symbol.excursions.up = null;
  if (down !== null && isForgotten(down, symbol.now_ms, settings)) symbol.excursions.down = null;
}

/** Moves the symbol's time; false for a print that comes too late to say anything. */
function inTime(state: AdaptiveState, symbol: SymbolState, ts_ms: number): boolean {
  if (ts_ms >= symbol.now_ms) {
    symbol.now_ms = ts_ms;
    symbol.behind = 0;
  } else if (ts_ms < symbol.now_ms - LATE_MS) {
    symbol.behind++;
    if (symbol.behind < LIAR_AFTER) {
      state.refused.late++;
      return false;
    }
    symbol.behind = 0;
    symbol.now_ms = ts_ms;
    pause(symbol.volume);
    restart(symbol, state.settings);
  }
  return true;
}

function onTrade(
  state: AdaptiveState,
  name: string,
  provider: string,
  origin: Origin | undefined,
  print: Print,
  emit: Emit,
): void {
  const { settings } = state;
  if (!believable(print)) {
    state.refused.invalid++;
    return;
  }
  const symbol = symbolOf(state, name, provider);
  symbol.origin = origin ?? null;
  if (isEmpty(symbol.recent) && provider !== "") symbol.provider = provider;
  if (!inTime(state, symbol, print.ts_ms)) return;
  state.counts.trades++;
  if (symbol.busy) endQuiet(state, name, symbol, symbol.now_ms, emit);
  if (isOrdinary(symbol.filter, print, settings)) {
    believe(symbol.filter, print);
    weigh(state, name, symbol, print, emit);
  } else judgeJump(state, name, symbol, print, emit);
  if (symbol.is_benchmark) benchmark(state, name, symbol, emit);
}

/** A print that jumps, follows one that did, or stands behind a gap. */
function judgeJump(state: AdaptiveState, name: string, symbol: SymbolState, print: Print, emit: Emit): void {
  const { settings, counts } = state;
  const { believed, refuted, restart: anew } = sift(symbol.filter, print, settings);
  if (refuted > 0) {
    symbol.bad_prints += refuted;
    counts.bad_prints += refuted;
  }
  if (anew) restart(symbol, settings);
  for (const one of believed) weigh(state, name, symbol, one, emit);
}

function benchmark(state: AdaptiveState, name: string, symbol: SymbolState, emit: Emit): void {
  if (symbol.now_ms - state.benchmark_ms < 1_000) return;
  const said = benchmarkOf(name, symbol, state.settings);
  if (said === null) return;
  state.benchmark_ms = symbol.now_ms;
  emit(said);
}

function onTime(state: AdaptiveState, ts_ms: number, emit: Emit): void {
  if (ts_ms <= state.now_ms) return;
  state.now_ms = ts_ms;
  if (ts_ms >= state.day_end_ms) {
    state.counts = dayCounts(dayOf(ts_ms));
    state.day_end_ms = (Math.floor(ts_ms / DAY_MS) + 1) * DAY_MS;
    for (const symbol of Object.values(state.symbols.of)) symbol.bad_prints = 0;
  }
  const { nearest_ms } = state.settings;
  if (nearest_ms === 0 || ts_ms - state.nearest_ms < nearest_ms) return;
  state.nearest_ms = ts_ms;
  emit(nearest(state.symbols, state.counts, ts_ms, state.settings));
}

/** Moves of a symbol that stand out, as candidates for the gate. */
export const adaptive: Stage<AdaptiveState, MarketRecord | PriceRecord | Headline, AdaptiveOut, AdaptiveSettings> = {
  version: 3,
  init: (settings) => ({
    settings,
    symbols: bySymbol(),
    open: [],
    now_ms: 0,
    nearest_ms: 0,
    benchmark_ms: 0,
    counts: dayCounts("1970-01-01"),
    day_end_ms: 0,
    refused: { invalid: 0, late: 0 },
  }),
  step(state, record, emit) {
    switch (record.kind) {
      case "trade":
      case "price": {
        if (record.kind === "trade" && record.fill !== undefined) return;
        const print = printOf(record);
        if (Number.isFinite(print.ts_ms)) onTime(state, print.ts_ms, emit);
        const provider = record.kind === "trade" ? (record.provider ?? "") : "";
        onTrade(state, record.symbol, provider, record.origin, print, emit);
        return;
      }
      case "quote": {
        const symbol = find(state.symbols, record.symbol);
        if (symbol === undefined || record.bid === null || record.ask === null) return;
        symbol.quote = { bid: record.bid, ask: record.ask, ts_ms: record.ts_ms };
        return;
      }
      case "heartbeat":
        if (record.reason === "silence") return;
        onTime(state, record.ts_ms, emit);
        for (const name of [...state.open]) {
          const symbol = find(state.symbols, name);
          if (symbol !== undefined) endQuiet(state, name, symbol, record.ts_ms, emit);
        }
        return;
      case "bar": {
        if (record.interval !== "1m" || !record.final) return;
        const symbol = symbolOf(state, record.symbol, record.provider);
        symbol.origin ??= record.origin ?? null;
        onMinute(record.symbol, symbol, record, state.settings, () => say(state, record.symbol, symbol, record, emit));
        return;
      }
      case "gap":
        return onGap(state.symbols, record);
      case "route":
        return onRoute(state.symbols, record, state.settings);
      case "headline":
        return;
    }
  },
};
