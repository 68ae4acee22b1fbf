import type { Gap } from "../../messages/gap.ts";
import { type BarsState, floorTo, type KnownGap, type SymbolBars } from "./state.ts";

/** Of a gap that concerns whoever the trades come from: the log itself has a hole, or several gaps were made one. */
const ANY = "*";

/** Both ends count: what was missed may share its millisecond with what was seen before and after. */
const overlaps = (gap: KnownGap, provider: string, start_ms: number, end_ms: number): boolean =>
  gap.from_ms < end_ms && gap.to_ms >= start_ms && (gap.provider === provider || gap.provider === ANY);

export function touchedByGap(
  state: BarsState,
  s: SymbolBars,
  provider: string,
  start_ms: number,
  end_ms: number,
): boolean {
  for (const gap of s.gaps) if (overlaps(gap, provider, start_ms, end_ms)) return true;
  for (const gap of state.gaps) if (overlaps(gap, provider, start_ms, end_ms)) return true;
  return false;
}

export interface GapNews {
  /** Records to say; none when nothing is new. */
  readonly say: readonly Gap[];
  /** The time whose bars have to be looked at again. */
  readonly from_ms: number;
  readonly to_ms: number;
}

/**
 * A gap is told by its feed, statement by statement, and lost by whichever partition can no longer take its fill; a gap of
 * every symbol is known to all of them. So that all say the same under one revision, statement k is said as 2 k, and that
 * it is lost as 2 k + 1 (docs/decisions/0018-who-says-that-a-gap-is-lost.md).
 */
const told = (record: Gap): Gap => ({ ...record, revision: 2 * record.revision });
const lost = (record: Gap): Gap => ({ ...record, revision: 2 * record.revision + 1, status: "lost" });

/** What a gap list says, as the feed's statement it goes back to. */
export const asTold = (said: Gap): Gap => ({ ...said, revision: Math.floor(said.revision / 2) });

/** A lost gap stays lost whatever is said of it later: some of its trades were refused. */
export function takeGap(gaps: KnownGap[], record: Gap, max: number): GapNews {
  const { from_ms, to_ms, status, revision } = record;
  const index = gaps.findIndex((gap) => gap.id === record.id);
  const known = gaps[index];
  if (known === undefined) {
    if (status === "filled") return { say: [told(record)], from_ms, to_ms };
    const provider = record.stream.startsWith("bus:") ? ANY : record.provider;
    gaps.push({ id: record.id, provider, from_ms, to_ms, status, revision, record });
    return { say: [told(record), ...makeRoom(gaps, max)], from_ms, to_ms };
  }
  if (revision <= known.revision) return { say: [], from_ms, to_ms };
  if (known.status === "lost") {
    known.revision = revision;
    return { say: status === "lost" ? [told(record)] : [told(record), lost(record)], from_ms, to_ms };
  }
  const news = {
    say: [told(record)],
    from_ms: Math.min(known.from_ms, from_ms),
    to_ms: Math.max(known.to_ms, to_ms),
  };
  if (status === "filled") gaps.splice(index, 1);
  else Object.assign(known, { from_ms, to_ms, status, revision, record });
  return news;
}

/** What is to be said when a gap can no longer be filled; nothing if that is known already. */
export function loseGap(gap: KnownGap): Gap[] {
  if (gap.status === "lost" || gap.record === null) return [];
  gap.status = "lost";
  return [lost(gap.record)];
}

/**
 * Too many: the two oldest, lost ones first, become one lost gap over both. Bars then say `partial` too often, never too
 * rarely.
 */
function makeRoom(gaps: KnownGap[], max: number): Gap[] {
  if (gaps.length <= max) return [];
  const order = (gap: KnownGap): number => (gap.status === "open" ? 1 : 0);
  const [first, second] = [...gaps].sort((a, b) => order(a) - order(b) || a.from_ms - b.from_ms);
  if (first === undefined || second === undefined) return [];
  const said = [...loseGap(first), ...loseGap(second)];
  if (first.provider !== second.provider) first.provider = ANY;
  first.from_ms = Math.min(first.from_ms, second.from_ms);
  first.to_ms = Math.max(first.to_ms, second.to_ms);
  gaps.splice(gaps.indexOf(second), 1);
  return said;
}

/** The `due` from which every trade that could fill it is too old. */
export const fillableUntil = (state: BarsState, gap: KnownGap): number =>
  floorTo(gap.to_ms, state.plan.age_ms) + state.plan.age_ms + state.settings.revise_ms;

/** The `due` from which no bar that it touches is said again. */
export function forgettableFrom(state: BarsState, gap: KnownGap): number {
  const longest_ms = state.plan.levels[state.plan.levels.length - 1]!.ms;
  return floorTo(gap.to_ms, longest_ms) + longest_ms + state.settings.revise_ms;
}
