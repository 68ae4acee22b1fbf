/**
 * State per symbol, as plain data. Names come from outside: "constructor" and "__proto__" are symbols like any other, so
 * only own properties count. Bounded: beyond `max`, those not heard of for longest are forgotten and begin anew.
 */
export interface BySymbol<T> {
  of: Record<string, T>;
  count: number;
  evicted: number;
}

export function bySymbol<T>(): BySymbol<T> {
  return { of: {}, count: 0, evicted: 0 };
}

export function find<T>(all: BySymbol<T>, symbol: string): T | undefined {
  const value = all.of[symbol];
  // What every object inherits is a function, or is called __proto__; to look twice costs as much as the rest of a trade.
  if (value === undefined || (typeof value === "object" && symbol !== "__proto__")) return value;
  return Object.hasOwn(all.of, symbol) ? value : undefined;
}

export function put<T>(all: BySymbol<T>, symbol: string, value: T): T {
  Object.defineProperty(all.of, symbol, { value, enumerable: true, writable: true, configurable: true });
  all.count++;
  return value;
}

/** Makes room for one more: a tenth of those seen longest ago goes at once, so that the cost stays small per symbol. */
export function makeRoom<T>(
  all: BySymbol<T>,
  max: number,
  seen_ms: (value: T) => number,
  keep: (value: T) => boolean = () => false,
): void {
  if (all.count < max) return;
  const idle = Object.entries(all.of)
    .filter(([, value]) => !keep(value))
    .sort(([a, x], [b, y]) => seen_ms(x) - seen_ms(y) || (a < b ? -1 : 1))
    .slice(0, Math.max(1, Math.floor(max / 10)));
  for (const [symbol] of idle) {
    delete all.of[symbol];
    all.count--;
    all.evicted++;
  }
}

/** Puts in one that is not known yet, with room made for it. */
export function admit<T>(
  all: BySymbol<T>,
  symbol: string,
  value: T,
  max: number,
  seen_ms: (value: T) => number,
  keep?: (value: T) => boolean,
): T {
  makeRoom(all, max, seen_ms, keep);
  return put(all, symbol, value);
}

/** Makes room where the bound must hold whatever comes: those to be kept stay as long as there is anyone else. */
export function makeRoomAnyway<T>(
  all: BySymbol<T>,
  max: number,
  seen_ms: (value: T) => number,
  keep: (value: T) => boolean,
): void {
  makeRoom(all, max, seen_ms, keep);
  makeRoom(all, max, seen_ms);
}

const IDLE_LOOK_MS = 60_000;
/** A longer step, or one back, may be a false heartbeat's: nothing is forgotten on its word alone. */
const LONG_STEP_MS = 600_000;

/**
 * Once a minute of event time: a symbol of which nothing came for so long that its windows are empty is forgotten; it
 * begins anew as it would have gone on. `keep` is asked first and may make it small instead.
 */
export function forgetIdle<T>(
  state: { readonly symbols: BySymbol<T>; looked_ms: number },
  now_ms: number,
  windows_ms: number,
  seen_ms: (value: T) => number,
  keep: (value: T) => boolean = () => false,
): void {
  const step_ms = now_ms - state.looked_ms;
  if (step_ms >= 0 && step_ms < IDLE_LOOK_MS) return;
  state.looked_ms = now_ms;
  if (step_ms < 0 || step_ms > LONG_STEP_MS) return;
  const { symbols } = state;
  for (const symbol of Object.keys(symbols.of)) {
    const value = symbols.of[symbol]!;
    // A trade may still come that is dated a little before the heartbeats.
    if (seen_ms(value) >= now_ms - windows_ms - IDLE_LOOK_MS || keep(value)) continue;
    delete symbols.of[symbol];
    symbols.count--;
    symbols.evicted++;
  }
}
