import type { Route, Trade } from "../../../core/messages/index.ts";

/** Trades of a venue that stands by, kept for the moment it is needed. */
const HELD_MAX = 200_000;

const AHEAD_MAX_MS = 1_000;

interface Routed {
  provider: string;
  from_ms: number;
  /** Who told it before, and since when. */
  previous: { readonly provider: string; readonly from_ms: number } | null;
  /** Event time of the newest trade handed on. */
  newest_ms: number;
  /** False: by an earlier run; in this one nobody tells the series yet. */
  isTold: boolean;
}

export interface Change {
  readonly routes: readonly Route[];
  /** What the new venue has brought since the old one was last heard: each exactly once, oldest first. */
  readonly held: readonly Trade[];
}

/**
 * Which venue's trades make a symbol's series: exactly one at any event time. Trades of the others are held back for a
 * while, so that a venue that takes over can begin where the last one ended.
 */
export class Router {
  readonly counters = { standby: 0, switched: 0 };
  private readonly routed = new Map<string, Routed>();
  private readonly held = new Map<string, Trade[]>();

  constructor(private readonly hold_ms: number) {}

  providerOf(symbol: string): string | null {
    const routed = this.routed.get(symbol);
    return routed?.isTold === true ? routed.provider : null;
  }

  /** Who told the series last, in an earlier run too, and how far. */
  lastOf(symbol: string): { readonly provider: string; readonly newest_ms: number } | null {
    return this.routed.get(symbol) ?? null;
  }

  /** What an earlier run handed on last. */
  seed(symbol: string, provider: string, newest_ms: number): void {
    this.routed.set(symbol, { provider, from_ms: 0, previous: null, newest_ms, isTold: false });
  }

  /** Nobody tells it any more: it is watched no longer. */
  remove(symbol: string): void {
    this.routed.delete(symbol);
    for (const [provider, held] of this.held) {
      this.held.set(
        provider,
        held.filter((trade) => trade.symbol !== symbol),
      );
    }
  }

  /** True: hand it on now. False: it is held, or belongs to a time another venue tells. */
  take(trade: Trade, now_ms: number): boolean {
    const routed = this.routed.get(trade.symbol);
    const isCurrent = routed?.isTold === true && trade.provider === routed.provider && trade.ts_ms >= routed.from_ms;
    // Still under way when the other took over.
    const before = routed?.isTold === true ? routed.previous : null;
    const isLast =
      routed !== undefined &&
      trade.provider === before?.provider &&
      trade.ts_ms >= before.from_ms &&
      trade.ts_ms < routed.from_ms;
    if (isCurrent || isLast) {
      if (isCurrent) routed.newest_ms = Math.max(routed.newest_ms, trade.ts_ms);
      return true;
    }
    this.counters.standby++;
    this.hold(trade, now_ms);
    return false;
  }

  /** From now on `provider` tells the series of `symbols`; `vouched_ms`: up to when the one before is known to be whole. */
  route(
    provider: string,
    symbols: readonly string[],
    vouched_ms: number | null,
    reason: string,
    now_ms: number,
  ): Change {
    const held = this.held.get(provider) ?? [];
    const routes: Route[] = [];
    const changed = new Map<string, Routed>();
    for (const symbol of symbols) {
      const before = this.routed.get(symbol);
      if (before?.provider === provider && before.isTold) continue;
      const first_ms = held.find((trade) => trade.symbol === symbol)?.ts_ms ?? now_ms;
      const told_ms = fromOf(before, vouched_ms, first_ms, provider);
      // One trade with a time far ahead must not shut the next venue out.
      const from_ms = Math.min(told_ms, Math.max(now_ms, vouched_ms ?? 0) + AHEAD_MAX_MS);
      const isOther = before !== undefined && before.provider !== provider;
      const previous = isOther ? { provider: before.provider, from_ms: before.from_ms } : null;
      const now: Routed = { provider, from_ms, previous, newest_ms: from_ms, isTold: true };
      this.routed.set(symbol, now);
      changed.set(symbol, now);
      routes.push({
        kind: "route",
        origin: "live",
        symbol,
        provider,
        epoch: Math.floor(now_ms),
        from_ms,
        reason: reason.slice(0, 500),
      });
    }
    const mine = held.filter(({ symbol, ts_ms }) => {
      const routed = changed.get(symbol);
      return routed !== undefined && ts_ms >= routed.from_ms;
    });
    for (const { symbol, ts_ms } of mine) {
      const routed = changed.get(symbol)!;
      routed.newest_ms = Math.max(routed.newest_ms, ts_ms);
    }
    this.held.set(
      provider,
      held.filter(({ symbol }) => !changed.has(symbol)),
    );
    this.counters.switched += routes.length;
    return { routes, held: mine };
  }

  private hold(trade: Trade, now_ms: number): void {
    let held = this.held.get(trade.provider);
    if (held === undefined) {
      held = [];
      this.held.set(trade.provider, held);
    }
    held.push(trade);
    const isOld = ({ recv_ms, ts_ms }: Trade): boolean => (recv_ms ?? ts_ms) < now_ms - this.hold_ms;
    // Half at a time: taking one off the front of a long list costs as much as taking many.
    if (held.length > HELD_MAX || isOld(held[held.length >> 1]!)) {
      const first = held.findIndex((one) => !isOld(one));
      held.splice(0, Math.max(first, held.length > HELD_MAX ? HELD_MAX >> 1 : 0));
    }
  }
}

function fromOf(before: Routed | undefined, vouched_ms: number | null, first_ms: number, provider: string): number {
  if (before === undefined) return first_ms;
  // The same venue as in the run before: its series goes on.
  if (before.provider === provider) return 1;
  return Math.max(Math.floor(before.newest_ms) + 1, vouched_ms ?? 0);
}
