/** The definitions word for word, over all trades known so far: what the stage must answer, at whatever cost. */
export interface Point {
  t: number;
  p: number;
  v: number;
}
export type Row = Record<string, number | null>;

const mean = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0) / all.length;

function moments(returns: readonly number[]): { vol: number | null; skew: number | null; exkurt: number | null } {
  const n = returns.length;
  if (n < 2) return { vol: null, skew: null, exkurt: null };
  const m = mean(returns);
  const power = (k: number): number => mean(returns.map((x) => (x - m) ** k));
  const vol = Math.sqrt((power(2) * n) / (n - 1));
  if (vol <= 1e-15) return { vol, skew: null, exkurt: null };
  const g1 = power(3) / power(2) ** 1.5;
  const g2 = power(4) / power(2) ** 2 - 3;
  return {
    vol,
    skew: n < 3 ? null : (g1 * Math.sqrt(n * (n - 1))) / (n - 2),
    exkurt: n < 4 ? null : ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * g2 + 6),
  };
}

function rsi(gain: number, loss: number): number {
  if (loss === 0) return gain === 0 ? 50 : 100;
  return 100 - 100 / (1 + gain / loss);
}

export function exact(sorted: readonly Point[], t: number, length_ms: number): Row {
  const inside = sorted.filter((one) => one.t >= t - length_ms && one.t <= t);
  const p = inside.map((one) => one.p);
  const volume = inside.reduce((sum, one) => sum + one.v, 0);
  const changes = p.slice(1).map((price, i) => price - p[i]!);
  const gains = changes.map((d) => Math.max(d, 0));
  const losses = changes.map((d) => Math.max(-d, 0));
  const ret = p.length < 2 ? null : p.at(-1)! / p[0]! - 1;
  const smooth = (all: number[]): number => all.slice(14).reduce((a, x) => (a * 13 + x) / 14, mean(all.slice(0, 14)));
  return {
    n: p.length,
    vwap: volume === 0 ? null : inside.reduce((sum, one) => sum + one.p * one.v, 0) / volume,
    return: ret,
    ...moments(p.slice(1).map((price, i) => price / p[i]! - 1)),
    momentum: ret,
    rsi_cutler14: p.length < 15 ? null : rsi(mean(gains.slice(-14)), mean(losses.slice(-14))),
    rsi_wilder14: p.length < 15 ? null : rsi(smooth(gains), smooth(losses)),
  };
}

/** How far apart two answers may be: 1e-9, of skew and kurtosis 1e-7. Names what differs. */
export function differences(ours: Readonly<Record<string, unknown>>, theirs: Row): string[] {
  return Object.entries(theirs).flatMap(([name, x]) => {
    const y = ours[name];
    const tolerance = /skew|exkurt/.test(name) ? 1e-7 : 1e-9;
    const same =
      x === null || typeof y !== "number" ? x === y : Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), 1e-6);
    return same ? [] : [`${name}: ${String(y)}, wanted ${x}`];
  });
}
