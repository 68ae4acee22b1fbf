import type { Bar } from "../../messages/bar.ts";
import type { Gap } from "../../messages/gap.ts";
import { isEmpty } from "./acc.ts";
import { best, isPartial, own, providerOf, statement } from "./fold.ts";
import { fillableUntil, forgettableFrom, touchedByGap } from "./gaps.ts";
import { quotesHeldTo } from "./quoted.ts";
import { giveUpGaps, retire } from "./retire.ts";
import { MINUTE_MS } from "./settings.ts";
import { ageEnd, type BarsState, floorTo, NONE, type Node, nodeAt, type SymbolBars } from "./state.ts";

export type Emit = (out: Bar | Gap) => void;

const NEVER = Number.MAX_SAFE_INTEGER;
/** Revisions of a burst are said together, at most once in this much event time. */
const REVISE_EVERY_MS = 250;

interface Place {
  readonly index: number;
  readonly node: Node;
}

/** Does all that a symbol's clock has come to: closes, revises, says how bars form, gives up gaps, retires. */
export function settle(state: BarsState, s: SymbolBars, emit: Emit): void {
  closeDue(state, s, emit);
  if (s.stalled) vouch(state, s);
  if (s.dirty && s.due_ms >= s.revise_at_ms) revise(state, s, emit);
  // Candles of the past alone: how today's bars form is said once its clock runs.
  if (s.changed && s.due_ms !== NONE && s.due_ms >= s.form_at_ms) form(state, s, emit);
  giveUpGaps(state, s, emit);
  retire(state, s, (s.due_ms === NONE ? s.history_to_ms : s.sure_ms) - state.settings.revise_ms);
  s.wake_ms = wakeTime(state, s);
}

/** Earlier ends first, shorter bars first: what a longer bar folds is stated before it. */
const byEnd =
  (state: BarsState) =>
  (a: Place, b: Place): number =>
    a.node.start_ms + state.plan.levels[a.index]!.ms - b.node.start_ms - state.plan.levels[b.index]!.ms ||
    a.index - b.index;

function openPlaces(state: BarsState, s: SymbolBars, wanted: (index: number, node: Node) => boolean): Place[] {
  const places: Place[] = [];
  for (let index = 0; index < s.levels.length; index++) {
    const level = s.levels[index]!;
    for (const start_ms of level.open) {
      const node = nodeAt(level, start_ms);
      if (node !== undefined && wanted(index, node)) places.push({ index, node });
    }
  }
  return places.sort(byEnd(state));
}

/** History comes oldest first: a long bar that it has reached but not passed waits while more of it comes. */
const heldByHistory = (state: BarsState, s: SymbolBars, ms: number, start_ms: number): boolean =>
  ms > MINUTE_MS &&
  start_ms < s.history_to_ms &&
  s.history_to_ms < start_ms + ms &&
  s.history_due_ms !== NONE &&
  s.due_ms < s.history_due_ms + state.settings.stall_ms;

function isDue(state: BarsState, s: SymbolBars, index: number, node: Node): boolean {
  const { ms } = state.plan.levels[index]!;
  const end_ms = node.start_ms + ms;
  if (s.due_ms < quotesHeldTo(state, s)) return false;
  if (ms > MINUTE_MS && end_ms <= s.history_to_ms) return true;
  return (
    s.due_ms !== NONE && end_ms <= s.due_ms - state.settings.late_ms && !heldByHistory(state, s, ms, node.start_ms)
  );
}

export function closeDue(state: BarsState, s: SymbolBars, emit: Emit): void {
  for (const place of openPlaces(state, s, (index, node) => isDue(state, s, index, node))) close(state, s, place, emit);
}

/** Makes the first final statement of a bar. */
export function close(state: BarsState, s: SymbolBars, { index, node }: Place, emit: Emit): void {
  const level = s.levels[index]!;
  level.open.splice(level.open.indexOf(node.start_ms), 1);
  node.acc = own(state, s, index, node);
  say(state, s, index, node, emit);
  for (const parent of state.plan.levels[index]!.parents) markDirty(state, s, parent, node.start_ms);
}

/** Says what a bar is now, if that is anything new. */
function say(state: BarsState, s: SymbolBars, index: number, node: Node, emit: Emit): void {
  const acc = best(node, node.acc);
  const partial = isPartial(state, s, index, node, acc);
  const provider = providerOf(node, acc);
  const { said } = node;
  node.dirty = false;
  if (
    said !== null &&
    said.trades === acc.trades &&
    said.bins === acc.bins &&
    said.volume === acc.volume + acc.volume_c &&
    said.partial === partial &&
    said.provider === provider
  ) {
    return;
  }
  // A store that has more trades of this bar than we have replayed knows better.
  const { start_ms, stored_trades, stored_bins } = node;
  const isLess = acc.trades < stored_trades || (acc.trades === 0 && acc.bins < stored_bins);
  const isMore = acc.trades > stored_trades || (acc.trades === 0 && acc.bins > stored_bins);
  const end_ms = start_ms + state.plan.levels[index]!.ms;
  const tellsGap = partial && said?.partial === false && !isLess && touchedByGap(state, s, provider, start_ms, end_ms);
  if (stored_trades + stored_bins > 0 && !isMore && !tellsGap) {
    node.said ??= { trades: stored_trades, bins: stored_bins, volume: NONE, partial, provider };
    return;
  }
  node.said = { trades: acc.trades, bins: acc.bins, volume: acc.volume + acc.volume_c, partial, provider };
  if (state.plan.levels[index]!.shown && !isEmpty(acc)) emit(statement(state, s, index, node, acc, partial, true));
  node.revision++;
}

/** A stated bar may not be what was said any more. */
export function markDirty(state: BarsState, s: SymbolBars, index: number, ts_ms: number): void {
  const node = nodeAt(s.levels[index]!, floorTo(ts_ms, state.plan.levels[index]!.ms));
  if (node === undefined || node.said === null) return;
  node.dirty = true;
  s.dirty = true;
  s.wake_ms = Math.min(s.wake_ms, s.revise_at_ms);
}

/** Every stated bar that touches a span of time is looked at again. */
export function markSpan(state: BarsState, s: SymbolBars, from_ms: number, to_ms: number): void {
  for (let index = 0; index < s.levels.length; index++) {
    const { ms } = state.plan.levels[index]!;
    for (const node of s.levels[index]!.nodes) {
      if (node.start_ms > to_ms || node.start_ms + ms <= from_ms || node.said === null) continue;
      node.dirty = true;
      s.dirty = true;
    }
  }
  s.changed = true;
}

/** Says every stated bar again that has changed, each with the next revision, from the shortest up. */
export function revise(state: BarsState, s: SymbolBars, emit: Emit): void {
  const places: Place[] = [];
  for (let index = 0; index < s.levels.length; index++) {
    const { parents } = state.plan.levels[index]!;
    for (const node of s.levels[index]!.nodes) {
      if (!node.dirty) continue;
      node.acc = own(state, s, index, node);
      places.push({ index, node });
      for (const parent of parents) markDirty(state, s, parent, node.start_ms);
    }
  }
  for (const { index, node } of places.sort(byEnd(state))) say(state, s, index, node, emit);
  s.dirty = false;
  s.revise_at_ms = s.due_ms === NONE ? NONE : s.due_ms + REVISE_EVERY_MS;
}

/** Bars that have changed since they were last shown, not final yet. */
export function form(state: BarsState, s: SymbolBars, emit: Emit): void {
  const { forming_ms } = state.settings;
  s.changed = false;
  if (forming_ms === 0) {
    s.form_at_ms = NEVER;
    return;
  }
  s.form_at_ms = s.due_ms === NONE ? NONE : floorTo(s.due_ms, forming_ms) + forming_ms;
  if (s.due_ms < quotesHeldTo(state, s)) return;
  for (const { index, node } of openPlaces(state, s, (index) => state.plan.levels[index]!.shown)) {
    const acc = best(node, own(state, s, index, node));
    const partial = isPartial(state, s, index, node, acc);
    const { formed_trades, formed_bins, formed_partial } = node;
    const isKnown = acc.trades === formed_trades && (acc.source === "" || acc.bins === formed_bins);
    if (isEmpty(acc) || (isKnown && partial === formed_partial)) continue;
    node.formed_trades = acc.trades;
    node.formed_bins = acc.bins;
    node.formed_partial = partial;
    emit(statement(state, s, index, node, acc, partial, false));
  }
}

/**
 * The connection has been silent too long: what has ended meanwhile goes out, marked, since nobody vouches for it.
 * `silent_ms` is the time the silence is known of.
 */
export function stall(state: BarsState, s: SymbolBars, silent_ms: number, emit: Emit): void {
  const limit_ms = silent_ms - state.settings.late_ms;
  const isHeld = s.due_ms < quotesHeldTo(state, s);
  const hasEnded = (index: number, node: Node): boolean => node.start_ms + state.plan.levels[index]!.ms <= limit_ms;
  const ended = isHeld ? [] : openPlaces(state, s, hasEnded);
  const first = !s.silent;
  s.silent = true;
  for (const place of ended) {
    place.node.stalled = true;
    s.stalled = true;
    close(state, s, place, emit);
  }
  if (first) form(state, s, emit);
  if (s.dirty) revise(state, s, emit);
  s.wake_ms = wakeTime(state, s);
}

/** Whoever moved time vouches for what came before it: a bar that silence had marked may be whole. */
function vouch(state: BarsState, s: SymbolBars): void {
  s.stalled = false;
  for (let index = 0; index < s.levels.length; index++) {
    const { ms } = state.plan.levels[index]!;
    for (const node of s.levels[index]!.nodes) {
      if (!node.stalled) continue;
      if (node.start_ms + ms > s.due_ms - state.settings.late_ms) {
        s.stalled = true;
        continue;
      }
      node.stalled = false;
      markDirty(state, s, index, node.start_ms);
    }
  }
}

/** The next `due` at which there is something to do. */
function wakeTime(state: BarsState, s: SymbolBars): number {
  const { late_ms, revise_ms, stall_ms } = state.settings;
  let wake_ms = NEVER;
  const held_to_ms = quotesHeldTo(state, s);
  let open = 0;
  let last_ms = NONE;
  for (let index = 0; index < s.levels.length; index++) {
    const { ms } = state.plan.levels[index]!;
    const level = s.levels[index]!;
    open += level.open.length;
    for (const start_ms of level.open) {
      const held = heldByHistory(state, s, ms, start_ms);
      wake_ms = Math.min(wake_ms, Math.max(held_to_ms, held ? s.history_due_ms + stall_ms : start_ms + ms + late_ms));
    }
    const newest = level.nodes[level.nodes.length - 1];
    if (newest !== undefined) last_ms = Math.max(last_ms, ageEnd(state.plan, newest.start_ms, ms));
  }
  if (s.dirty) wake_ms = Math.min(wake_ms, s.revise_at_ms);
  if (s.stalled) wake_ms = Math.min(wake_ms, s.due_ms + 1);
  if (open === 0 && last_ms !== NONE) wake_ms = Math.min(wake_ms, last_ms + revise_ms);
  for (const gaps of [s.gaps, state.gaps]) {
    for (const gap of gaps) {
      wake_ms = Math.min(wake_ms, gap.status === "open" ? fillableUntil(state, gap) : forgettableFrom(state, gap));
    }
  }
  return wake_ms;
}
