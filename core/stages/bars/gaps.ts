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

/** A lost gap stays lost whatever is said of it later: some of its trades were refused. */
export function takeGap(gaps: KnownGap[], record: Gap, max: number): GapNews {
  const { from_ms, to_ms, status, revision } = record;
  const index = gaps.findIndex((gap) => gap.id === record.id);
  const known = gaps[index];
  if (known === undefined) {
    if (status === "filled") return { say: [record], from_ms, to_ms };
    const provider = record.stream.startsWith("bus:") ? ANY : record.provider;
    gaps.push({ id: record.id, provider, from_ms, to_ms, status, revision, said_revision: revision, record });
    return { say: [record, ...makeRoom(gaps, max)], from_ms, to_ms };
  }
  if (revision <= known.revision || known.status === "lost") return { say: [], from_ms, to_ms };
  const said_revision = Math.max(revision, known.said_revision + 1);
  const news = {
    say: [{ ...record, revision: said_revision }],
    from_ms: Math.min(known.from_ms, from_ms),
    to_ms: Math.max(known.to_ms, to_ms),
  };
  if (status === "filled") gaps.splice(index, 1);
  else Object.assign(known, { from_ms, to_ms, status, revision, said_revision, record });
  return news;
}

/** What is to be said when a gap can no longer be filled; nothing if that is known already. */
export function loseGap(gap: KnownGap): Gap[] {
  if (gap.status === "lost" || gap.record === null) return [];
  gap.status = "lost";
  gap.said_revision++;
  return [{ ...gap.record, revision: gap.said_revision, status: "lost" }];
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
