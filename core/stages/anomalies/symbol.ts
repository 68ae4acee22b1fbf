import type { AlertState, Direction, Ended, Origin, PricePoint, Severity } from "../../messages/index.ts";
import { type Closes, closes } from "./closes.ts";
import { clear, type PriceRing, push, ringsFor } from "./price-ring.ts";
import { forgetLevel, type Print, type PrintFilter, printFilter } from "./prints.ts";
import { note, type Recent, recent } from "./recent.ts";
import type { AdaptiveSettings, RuleName } from "./settings.ts";
import { addTrade, pause, type VolumeState, volumeState } from "./volume.ts";

/** One move of one symbol in one direction, from the first hit until it is over; then kept as long as it can re-open. */
export interface Excursion {
  id: string;
  /** Of the next statement. */
  revision: number;
  direction: Direction;
  state: AlertState;
  severity: Severity;
  /** What was said last: a record goes out only when one of these changes. */
  said: { state: AlertState; severity: Severity; would_have: boolean } | null;
  time_ms: number;
  start_ms: number;
  /** Named by the first rule to fire. */
  rule: RuleName;
  window: string;
  window_ms: number;
  limit: number;
  rarity: string | null;
  /** The newest hit was seen in a minute of history, not in trades. */
  by_minute: boolean;
  rules: RuleName[];
  from: PricePoint;
  /** Size when it opened, or when volume first backed it: twice this is an escalation. */
  base_ret: number;
  peak: PricePoint;
  last_hit_ms: number;
  /** Prints in a row behind the halfway mark, and since when. */
  back_run: number;
  back_ms: number;
  /** The price farthest back since it was over: a new leg is measured from here. */
  trough: PricePoint | null;
  would_have: boolean;
  ended: Ended | null;
}

/** Own state of each rule in use, by name. */
export type RuleStates = { [name in RuleName]?: { weighed: number } };

/** Everything the rules may know of a symbol. */
export interface SymbolState {
  provider: string;
  origin: Origin | null;
  /** Newest event time. */
  now_ms: number;
  /** Trades in a row dated before it: many mean that it was the newest that lied. */
  behind: number;
  filter: PrintFilter;
  /** Prices of both sides, one ring per step length. */
  last: PriceRing[];
  /** Prices of one side, for rules that must not take the spread for a move. */
  buys: PriceRing[];
  sells: PriceRing[];
  volume: VolumeState;
  closes: Closes;
  /** What is normal at venues that fed this symbol before. */
  elsewhere: { provider: string; volume: VolumeState }[];
  recent: Recent;
  quote: { bid: number; ask: number; ts_ms: number } | null;
  bad_prints: number;
  guard_until_ms: number;
  /** The newest gap, for the alert's word on its data. */
  gap: { id: string; from_ms: number; to_ms: number; open: boolean } | null;
  rules: RuleStates;
  excursions: { up: Excursion | null; down: Excursion | null };
  /** A move is under way. */
  busy: boolean;
  /** Its moves are told beside every other alert. */
  is_benchmark: boolean;
}

const VENUES_KEPT = 4;

export function symbolState(
  name: string,
  settings: AdaptiveSettings,
  rules: RuleStates,
  provider: string,
): SymbolState {
  const sided = settings.rules.includes("confirmed") ? settings.confirmed.windows : [];
  return {
    provider,
    origin: null,
    now_ms: 0,
    behind: 0,
    filter: printFilter(),
    last: ringsFor([{ ms: 60_000 }, ...settings.windows, ...settings.relative.windows]),
    buys: ringsFor(sided),
    sells: ringsFor(sided),
    volume: volumeState(),
    closes: closes(),
    elsewhere: [],
    recent: recent(),
    quote: null,
    bad_prints: 0,
    guard_until_ms: 0,
    gap: null,
    rules,
    excursions: { up: null, down: null },
    busy: false,
    is_benchmark: settings.benchmarks.includes(name),
  };
}

/** Takes in a believed print. */
export function absorb(symbol: SymbolState, print: Print, half_life_ms: number): void {
  const now_ms = symbol.now_ms;
  for (let i = 0; i < symbol.last.length; i++) push(symbol.last[i]!, now_ms, print.price);
  if (print.side === "buy") for (let i = 0; i < symbol.buys.length; i++) push(symbol.buys[i]!, now_ms, print.price);
  else if (print.side === "sell")
    for (let i = 0; i < symbol.sells.length; i++) push(symbol.sells[i]!, now_ms, print.price);
  addTrade(symbol.volume, now_ms, print, half_life_ms);
  note(symbol.recent, print);
}

/** What was before is no yardstick for what comes: windows begin anew. */
export function restartWindows(symbol: SymbolState): void {
  for (const rings of [symbol.last, symbol.buys, symbol.sells]) for (const ring of rings) clear(ring);
  symbol.recent = recent();
}

/** Another venue feeds the symbol from now on. */
export function changeVenue(symbol: SymbolState, provider: string): void {
  pause(symbol.volume);
  const kept = symbol.elsewhere.filter((e) => e.provider !== symbol.provider && e.provider !== provider);
  const known = symbol.elsewhere.find((e) => e.provider === provider);
  symbol.elsewhere = [...kept, { provider: symbol.provider, volume: symbol.volume }].slice(-VENUES_KEPT);
  symbol.volume = known?.volume ?? volumeState();
  symbol.provider = provider;
  symbol.closes = closes();
  symbol.quote = null;
  restartWindows(symbol);
  forgetLevel(symbol.filter);
}
