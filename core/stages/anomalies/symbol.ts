import type { Direction, Origin } from "../../messages/index.ts";
import { type Closes, closes } from "./closes.ts";
import type { Excursion } from "./excursion.ts";
import { clear, type PriceRing, priceAgo, priceRing, push, sameUntil, spans, stepFor } from "./price-ring.ts";
import { forgetLevel, type Print, type PrintFilter, printFilter } from "./prints.ts";
import { note, type Recent, recent } from "./recent.ts";
import type { RuleStates } from "./rules/index.ts";
import type { AdaptiveSettings } from "./settings.ts";
import { addTrade, pause, type VolumeState, volumeState } from "./volume.ts";

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

const ringsFor = (windows: readonly { ms: number }[]): PriceRing[] =>
  [...new Set(windows.map((w) => stepFor(w.ms)))].sort((a, b) => a - b).map(priceRing);

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

/** The ring a window of this length is measured on. */
export function ringOf(rings: readonly PriceRing[], window_ms: number): PriceRing {
  let i = 0;
  while (i < rings.length - 1 && !spans(rings[i]!, window_ms)) i++;
  return rings[i]!;
}

/** Prices as they stood a window ago, one per window: asked for at every print, they change when a step has passed. */
export interface Past {
  until_ms: number;
  prices: number[];
}
export const past = (): Past => ({ until_ms: 0, prices: [] });

/** Of both sides. */
export function lastAgo(
  known: Past,
  symbol: SymbolState,
  windows: readonly { readonly ms: number }[],
): readonly number[] {
  const { now_ms, last } = symbol;
  if (now_ms < known.until_ms) return known.prices;
  known.until_ms = now_ms + 1_000;
  for (let i = 0; i < windows.length; i++) {
    const { ms } = windows[i]!;
    const ring = ringOf(last, ms);
    known.prices[i] = priceAgo(ring, now_ms, ms);
    known.until_ms = Math.min(known.until_ms, sameUntil(ring, now_ms, ms));
  }
  return known.prices;
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

export const sideOf = (direction: Direction): "buy" | "sell" => (direction === "up" ? "buy" : "sell");
export const signOf = (direction: Direction): 1 | -1 => (direction === "up" ? 1 : -1);
