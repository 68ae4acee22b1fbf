/** Callers remembered at most; the one idle for longest makes room. */
const CALLERS_MAX = 10_000;

interface Bucket {
  tokens: number;
  at_ms: number;
}

/** A token bucket per caller. */
export class RateLimit {
  private readonly perSecond: number;
  private readonly burst: number;
  private readonly buckets = new Map<string, Bucket>();

  constructor(limit: { readonly perSecond: number; readonly burst: number }) {
    this.perSecond = limit.perSecond;
    this.burst = limit.burst;
  }

  /** 0 when the request may go on, else how long to wait. */
  take(caller: string, now_ms: number): number {
    const bucket = this.buckets.get(caller) ?? { tokens: this.burst, at_ms: now_ms };
    const passed_ms = Math.max(0, now_ms - bucket.at_ms);
    const tokens = Math.min(this.burst, bucket.tokens + (passed_ms * this.perSecond) / 1000);
    const isFree = tokens >= 1;
    this.buckets.delete(caller);
    this.buckets.set(caller, { tokens: isFree ? tokens - 1 : tokens, at_ms: now_ms });
    if (this.buckets.size > CALLERS_MAX)
      for (const oldest of this.buckets.keys()) {
        this.buckets.delete(oldest);
        break;
      }
    return isFree ? 0 : Math.ceil(((1 - tokens) * 1000) / this.perSecond);
  }
}
