import type { Gap } from "../../messages/gap.ts";
import { type BySymbol, find, put } from "../symbols.ts";
import type { Acc } from "./acc.ts";
import { emptyAcc } from "./acc.ts";
import type { BarsSettings, Plan } from "./settings.ts";

/** No such time yet. Below every event time, so that comparisons need no second look. */
export const NONE = -1;

/** What a bar's last final statement said; a revision goes out when one of these changes. */
export interface Said {
  trades: number;
  volume: number;
  partial: boolean;
  provider: string;
}

/** Where the first and last trade of a shortest bar stand, and which bins it has. */
export interface Keys {
  open_ts_ms: number;
  open_seq: number;
  close_ts_ms: number;
  close_seq: number;
  /** 32 bins to a word. */
  bins: number[];
  /** Starts of the `bin` records inside: one sent again changes nothing. */
  bin_starts: number[];
}

export interface Node {
  readonly start_ms: number;
  /** Revision the next statement will have. */
  revision: number;
  /** Null until a final statement was made. */
  said: Said | null;
  /** Stated, and changed since. */
  dirty: boolean;
  /** A failover touched it. */
  mixed: boolean;
  /** Went out because of silence. */
  stalled: boolean;
  /** A stored final bar has this many trades (cold start): nothing with fewer is said. */
  stored_trades: number;
  /** Its last forming statement. */
  formed_trades: number;
  formed_partial: boolean;
  /** Shortest level: its trades. Others: their fold when last stated. */
  acc: Acc;
  /** Parts too old to be revised, folded. */
  base: Acc | null;
  /** The minute as a venue or the store has it. */
  history: Acc | null;
  keys: Keys | null;
}

export interface LevelState {
  /** By start. */
  nodes: Node[];
  /** Starts of those without a final statement. */
  open: number[];
}

export interface KnownGap {
  id: string;
  provider: string;
  from_ms: number;
  to_ms: number;
  status: "open" | "lost";
  /** Revision of the newest record read, and of the newest sent out. */
  revision: number;
  said_revision: number;
  /** Of what was read last, to say it again as lost. Null once several lost gaps were made one. */
  record: Gap | null;
}

/** A symbol's series comes from `provider`; the one before counts up to `from_ms`. */
export interface Routed {
  provider: string;
  from_ms: number;
  previous: string | null;
}

export interface SymbolBars {
  readonly symbol: string;
  /** Of the newest trade. */
  provider: string;
  route: Routed | null;
  /** Highest event time of its own trades: decides what is late. */
  seen_ms: number;
  /** A step forward that waits for a second record. */
  jump_ms: number;
  /** Highest of `seen` and the moving heartbeats: decides what goes out. */
  due_ms: number;
  /** `due` without a long step that only one heartbeat has taken: decides what is folded for good. */
  sure_ms: number;
  /** Next `due` at which something has to be done. */
  wake_ms: number;
  /** Some stated bar is dirty; from this `due` on it may be revised. */
  dirty: boolean;
  revise_at_ms: number;
  /** The connection has been silent too long; some bars went out because of it. */
  silent: boolean;
  stalled: boolean;
  /** A trade or a gap came since the last forming bars; from this `due` on they may go out. */
  changed: boolean;
  form_at_ms: number;
  /** Nothing that ended by then can change any more. */
  retired_to_ms: number;
  /** Bars from before are whole only where history covers them; 0 = no doubt. */
  whole_from_ms: number;
  covered_from_ms: number;
  covered_to_ms: number;
  /** How far history bars have come on the tape. */
  history_to_ms: number;
  /** `due` when history last came: while it comes, the bar it has reached stays open. */
  history_due_ms: number;
  gaps: KnownGap[];
  levels: LevelState[];
}

/** What was refused or passed over, by reason; nothing goes in silence. */
export interface Counts {
  trades: number;
  bins: number;
  late: number;
  too_old: number;
  future: number;
  invalid: number;
  too_many: number;
  unrouted: number;
  bins_resent: number;
  gaps_repeated: number;
  history_known: number;
}

export interface BarsState {
  settings: BarsSettings;
  plan: Plan;
  symbols: BySymbol<SymbolBars>;
  /** Gaps of all symbols of a provider. */
  gaps: KnownGap[];
  whole_from_ms: number;
  /** Span of which the store holds every minute that had trades, of every symbol (cold start). */
  stored_from_ms: number;
  stored_to_ms: number;
  /** Forgotten symbols had final bars up to here. */
  forgotten_to_ms: number;
  /** Event time at which idle symbols were last looked for. */
  looked_ms: number;
  counts: Counts;
}

function newNode(start_ms: number, leaf: boolean): Node {
  return {
    start_ms,
    revision: 0,
    said: null,
    dirty: false,
    mixed: false,
    stalled: false,
    stored_trades: 0,
    formed_trades: NONE,
    formed_partial: false,
    acc: emptyAcc(),
    base: null,
    history: null,
    keys: leaf ? { open_ts_ms: 0, open_seq: 0, close_ts_ms: 0, close_seq: 0, bins: [], bin_starts: [] } : null,
  };
}

export const floorTo = (ts_ms: number, ms: number): number => Math.floor(ts_ms / ms) * ms;

/** Index of the first node that starts at or after a time. */
export function firstFrom(nodes: readonly Node[], start_ms: number): number {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nodes[middle]!.start_ms < start_ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function nodeAt(level: LevelState, start_ms: number): Node | undefined {
  const newest = level.nodes[level.nodes.length - 1];
  if (newest === undefined || newest.start_ms === start_ms) return newest;
  const node = level.nodes[firstFrom(level.nodes, start_ms)];
  return node?.start_ms === start_ms ? node : undefined;
}

/** The shortest bar that holds a time, with every longer bar over it, made where missing. Null when there is no room. */
export function nodeFor(state: BarsState, s: SymbolBars, from: number, ts_ms: number): Node | null {
  const { levels } = state.plan;
  const stack = [from];
  let made: Node | null = null;
  while (stack.length > 0) {
    const index = stack.pop()!;
    const { ms, parents } = levels[index]!;
    const level = s.levels[index]!;
    const start_ms = floorTo(ts_ms, ms);
    let node = nodeAt(level, start_ms);
    if (node === undefined) {
      if (index === from && level.nodes.length >= state.settings.bars_max) return null;
      node = newNode(start_ms, index === 0);
      level.nodes.splice(firstFrom(level.nodes, start_ms), 0, node);
      level.open.push(start_ms);
      s.wake_ms = Math.min(s.wake_ms, start_ms + ms + state.settings.late_ms);
      stack.push(...parents);
    }
    if (index === from) made = node;
  }
  return made;
}

/** Its end, or that of the bar by whose age it is judged. */
export function ageEnd(plan: Plan, start_ms: number, ms: number): number {
  const end_ms = start_ms + ms;
  return ms >= plan.age_ms ? end_ms : floorTo(end_ms - 1, plan.age_ms) + plan.age_ms;
}

export function newSymbol(state: BarsState, symbol: string): SymbolBars {
  return {
    symbol,
    provider: "",
    route: null,
    seen_ms: NONE,
    jump_ms: NONE,
    due_ms: NONE,
    sure_ms: NONE,
    wake_ms: Number.MAX_SAFE_INTEGER,
    dirty: false,
    revise_at_ms: NONE,
    silent: false,
    stalled: false,
    changed: false,
    form_at_ms: NONE,
    retired_to_ms: state.forgotten_to_ms,
    whole_from_ms: state.whole_from_ms,
    covered_from_ms: state.stored_from_ms,
    covered_to_ms: state.stored_to_ms,
    history_to_ms: NONE,
    history_due_ms: NONE,
    gaps: [],
    levels: state.plan.levels.map(() => ({ nodes: [], open: [] })),
  };
}

/**
 * Known, or made. Null when there is no room: only symbols without a route whose every bar is final and past revising
 * make way.
 */
export function symbolOf(state: BarsState, symbol: string, now_ms: number): SymbolBars | null {
  const known = find(state.symbols, symbol);
  if (known !== undefined) return known;
  if (state.symbols.count >= state.settings.symbols_max) {
    if (Math.abs(now_ms - state.looked_ms) >= LOOK_AGAIN_MS) forgetIdle(state, now_ms);
    if (state.symbols.count >= state.settings.symbols_max) return null;
  }
  return put(state.symbols, symbol, newSymbol(state, symbol));
}

const LOOK_AGAIN_MS = 60_000;

function forgetIdle(state: BarsState, now_ms: number): void {
  state.looked_ms = now_ms;
  for (const [symbol, s] of Object.entries(state.symbols.of)) {
    if (s.route !== null || s.gaps.length > 0 || s.levels.some((level) => level.nodes.length > 0)) continue;
    state.forgotten_to_ms = Math.max(state.forgotten_to_ms, s.retired_to_ms);
    delete state.symbols.of[symbol];
    state.symbols.count--;
    state.symbols.evicted++;
  }
}
