import type { BySymbol } from "./symbols.ts";

/** A symbol that is spoken of at most once in so much event time; what waits is said when time has moved on. */
export interface Paced {
  /** Event time when it was last spoken of. */
  said_ms: number;
  /** It changed since. */
  changed: boolean;
}

export const NEVER_SAID = -1;

/** True if its change may be said at once; else it waits. */
export function mayBeSaid(one: Paced, now_ms: number, pub_ms: number): boolean {
  one.changed = one.said_ms !== NEVER_SAID && now_ms - one.said_ms < pub_ms;
  return !one.changed;
}

/** Says what has waited for long enough at `due_ms`. */
export function sayWaiting<T extends Paced>(
  symbols: BySymbol<T>,
  due_ms: number,
  pub_ms: number,
  say: (symbol: string, one: T) => void,
): void {
  for (const symbol in symbols.of) {
    const one = symbols.of[symbol]!;
    if (one.changed && due_ms - one.said_ms >= pub_ms) say(symbol, one);
  }
}
