/** Percentiles of exchange time → receive time over the newest trades: at most `capacity`, none older than a minute. */
export interface LatencyWindow {
  add(recv_ms: number, latency_ms: number): void;
  percentiles(now_ms: number): { readonly p50: number | null; readonly p95: number | null };
  /** How many came within the minute. */
  count(now_ms: number): number;
  /** Null: nothing came within the minute. */
  quantile(q: number, now_ms: number): number | null;
}

const WINDOW_MS = 60_000;

export function createLatencyWindow(capacity = 4_096): LatencyWindow {
  const times = new Float64Array(capacity);
  const values = new Float64Array(capacity);
  let next = 0;
  let size = 0;
  const fresh = (now_ms: number): number[] => {
    const found: number[] = [];
    for (let i = 0; i < size; i++) if (Math.abs(now_ms - times[i]!) <= WINDOW_MS) found.push(values[i]!);
    return found.sort((a, b) => a - b);
  };
  return {
    add(recv_ms, latency_ms) {
      times[next] = recv_ms;
      values[next] = latency_ms;
      next = (next + 1) % capacity;
      if (size < capacity) size++;
    },
    percentiles(now_ms) {
      const sorted = fresh(now_ms);
      return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
    },
    count: (now_ms) => fresh(now_ms).length,
    quantile: (q, now_ms) => quantile(fresh(now_ms), q),
  };
}

/** Linear interpolation at (n − 1) q of sorted values. */
export function quantile(sorted: readonly number[], q: number): number | null {
  if (sorted.length === 0) return null;
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const from = sorted[low]!;
  return from + ((sorted[low + 1] ?? from) - from) * (at - low);
}
