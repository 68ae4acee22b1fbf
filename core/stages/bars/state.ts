import type { Gap } from "../../messages/gap.ts";
import type { BySymbol } from "../symbols.ts";
import type { Acc } from "./acc.ts";
import { emptyAcc } from "./acc.ts";
import type { BarsSettings, Plan } from "./settings.ts";

/** No such time yet. Below every event time, so that comparisons need no second look. */
export const NONE = -1;

/** What a bar's last final statement said; a revision goes out when one of these changes. */
export interface Said {
  trades: number;
  /** Tells bars of quotes apart: they have no trades and no volume. */
  bins: number;
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
  /** A stored final bar has this many trades, or bins of quotes (cold start): nothing with fewer is said. */
  stored_trades: number;
  stored_bins: number;
  /** Its last forming statement. */
  formed_trades: number;
  formed_bins: number;
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
  /** Of the feed's newest statement. */
  revision: number;
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
  /** It has traded: its quotes say nothing any more. */
  traded: boolean;
  /** Event time of the first quote that may have to stand in for trades. */
  quoted_from_ms: number;
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
  quotes: number;
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
    stored_bins: 0,
    formed_trades: NONE,
    formed_bins: NONE,
    formed_partial: false,
    acc: emptyAcc(),
    base: null,
    history: null,
    keys: leaf ? emptyKeys() : null,
  };
}

export const emptyKeys = (): Keys => ({
  open_ts_ms: 0,
  open_seq: 0,
  close_ts_ms: 0,
  close_seq: 0,
  bins: [],
  bin_starts: [],
});

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
