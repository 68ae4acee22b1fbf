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
  return Object.hasOwn(all.of, symbol) ? all.of[symbol] : undefined;
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
  keep: (value: T) => boolean,
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
