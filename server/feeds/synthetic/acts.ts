import { type Act, badPrint, fallBack, type Move, marketMove, move, mute } from "./act-kinds.ts";
import { streamKey, unit } from "./prng.ts";
import { QUIET_SYMBOL, SYMBOLS } from "./symbols.ts";

export type Scenario = "tour" | "quiet" | "storm" | "load";

export interface Script {
  /** The symbol the tour's first acts are about. */
  readonly hero: string;
  /** Acts going on at any moment of from_ms ≤ time ≤ to_ms, by their beginning. */
  between(from_ms: number, to_ms: number): readonly Act[];
}

const HEROES = ["SOLUSDT", "XRPUSDT", "DOGEUSDT"];
const LIVELY = SYMBOLS.map((s) => s.symbol).filter((symbol) => symbol !== QUIET_SYMBOL);

const SLOT_MS = 180_000;
const SLOT_JITTER_MS = 60_000;
const FIRST_SLOT_MS = 220_000;
/** More than in the first acts: a tour that has run for a day has taught the reader that moves are normal. */
const LATER_VOLUME_TIMES = 60;
const STORM_ROUND_MS = 45_000;
const REMEMBERED = 256;

/** A script whose acts come in numbered rounds after some fixed ones; any round is made from its number alone. */
function rounds(
  hero: string,
  fixed: readonly Act[],
  firstOf: (time_ms: number) => number,
  make: (round: number) => readonly Act[],
  longest_ms: number,
): Script {
  const made = new Map<number, readonly Act[]>();
  const round = (n: number): readonly Act[] => {
    let acts = made.get(n);
    if (acts === undefined) {
      acts = make(n);
      if (made.size >= REMEMBERED) made.clear();
      made.set(n, acts);
    }
    return acts;
  };
  return {
    hero,
    between(from_ms, to_ms) {
      const found = fixed.filter((act) => act.from_ms <= to_ms && act.to_ms >= from_ms);
      for (let n = Math.max(0, firstOf(from_ms - longest_ms)); n <= firstOf(to_ms); n++) {
        for (const act of round(n)) if (act.from_ms <= to_ms && act.to_ms >= from_ms) found.push(act);
      }
      return found;
    },
  };
}

const NOTHING: Pick<Act, "curves" | "bursts" | "prints"> = { curves: [], bursts: [], prints: [] };

function headlineAct(at_ms: number, symbol: string): Act {
  const base = symbol.replace(/USDT$/, "");
  const title = `${base} foundation brings its network upgrade forward to this week`;
  return {
    ...NOTHING,
    kind: "headline",
    from_ms: at_ms,
    to_ms: at_ms,
    symbols: [symbol],
    headline: { title, source: "Synthetic Wire" },
  };
}

/**
 * +6.4 % in 6 s, held, then more than half given back without volume, which is no move of its own. The first part goes fast:
 * five seconds under half are wanted before the mute.
 */
const TOUR_RISE: Omit<Move, "symbol" | "at_ms"> = {
  change: 0.064,
  ramp_ms: 6_000,
  hold_ms: 17_000,
  back: [
    [3_800, 0.03],
    [8_000, 0.024],
    [608_000, 0],
  ],
  volumeTimes: 40,
};

function tour(seed: number, t0_ms: number): Script {
  const key = streamKey(seed, "tour");
  const hero = HEROES[Math.floor(unit(key, 0) * HEROES.length)]!;
  const others = LIVELY.filter((symbol) => symbol !== hero);
  const rise = move({ symbol: hero, at_ms: t0_ms + 12_000, ...TOUR_RISE });
  const fixed: Act[] = [
    headlineAct(t0_ms + 8_000, hero),
    { ...rise, bursts: [...rise.bursts, fallBack(hero, t0_ms + 35_000, t0_ms + 46_000)] },
    badPrint(hero, t0_ms + 25_000, 0.8),
    mute(hero, t0_ms + 45_000),
    marketMove(others, t0_ms + 70_000, -0.056, 30),
  ];
  const pick = (n: number, what: number): number => unit(key, 16 * n + what);
  const make = (n: number): Act[] => {
    const at_ms = t0_ms + FIRST_SLOT_MS + n * SLOT_MS + Math.floor(pick(n, 1) * SLOT_JITTER_MS);
    const symbol = LIVELY[Math.floor(pick(n, 2) * LIVELY.length)]!;
    const kind = pick(n, 3);
    const size = 0.055 + 0.03 * pick(n, 4);
    const moved = (change: number): Act =>
      move({
        symbol,
        at_ms,
        change,
        ramp_ms: 5_000 + Math.floor(3_000 * pick(n, 5)),
        hold_ms: 20_000 + Math.floor(40_000 * pick(n, 6)),
        back: [[480_000, 0]],
        volumeTimes: LATER_VOLUME_TIMES,
      });
    if (kind < 0.225) return [moved(size)];
    if (kind < 0.45) return [moved(-size)];
    if (kind < 0.7) return [badPrint(symbol, at_ms, pick(n, 7) < 0.5 ? 0.8 : 1.25)];
    if (kind < 0.95) return [mute(symbol, at_ms)];
    return [marketMove(LIVELY.slice(0, 6), at_ms, pick(n, 7) < 0.5 ? -0.056 : 0.056, LATER_VOLUME_TIMES)];
  };
  const firstOf = (ts_ms: number): number => Math.floor((ts_ms - t0_ms - FIRST_SLOT_MS) / SLOT_MS);
  return rounds(hero, fixed, firstOf, make, 1_000_000);
}

/** Every symbol but the quiet one moves in every round, up or down, within a few seconds of the others. */
function storm(seed: number, t0_ms: number): Script {
  const key = streamKey(seed, "storm");
  const make = (n: number): Act[] =>
    LIVELY.map((symbol, i) => {
      const pick = (what: number): number => unit(key, (n * LIVELY.length + i) * 8 + what);
      const size = 0.056 + 0.03 * pick(1);
      return move({
        symbol,
        at_ms: t0_ms + 8_000 + n * STORM_ROUND_MS + Math.floor(pick(2) * 4_000),
        change: pick(0) < 0.5 ? size : -size,
        ramp_ms: 5_000,
        hold_ms: 8_000,
        back: [[20_000, 0]],
        volumeTimes: 45,
      });
    });
  const firstOf = (ts_ms: number): number => Math.floor((ts_ms - t0_ms - 8_000) / STORM_ROUND_MS);
  return rounds(LIVELY[0]!, [], firstOf, make, STORM_ROUND_MS);
}

/** What happens in a scenario, counted from t0; null where nothing does. */
export function createScript(seed: number, scenario: Scenario, t0_ms: number): Script | null {
  if (scenario === "tour") return tour(seed, t0_ms);
  return scenario === "storm" ? storm(seed, t0_ms) : null;
}
