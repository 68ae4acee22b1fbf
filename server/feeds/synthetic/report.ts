import type { PartState } from "../../../core/messages/status.ts";
import type { FeedSink } from "../../../core/ports/feed.ts";
import { createLatencyWindow } from "../latency.ts";
import type { Scenario } from "./acts.ts";
import { ORIGIN, PROVIDER } from "./market.ts";
import { SYMBOLS } from "./symbols.ts";

const EVERY_MS = 1_000;

/** What the feed counts and says about itself. */
export class Report {
  readonly latency = createLatencyWindow();
  newest_ts_ms: number | null = null;
  private readonly counters: Record<string, number> = {};
  private next_ms = 0;
  private state: PartState | null = null;

  constructor(
    private readonly sink: FeedSink,
    private readonly scenario: Scenario,
  ) {}

  count(name: string, by = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + by;
  }

  /** About once a second, and at once when the state changes. */
  say(now_ms: number, state: PartState, text: string): void {
    const due = now_ms >= this.next_ms || this.next_ms - now_ms > EVERY_MS;
    if (!due && state === this.state) return;
    this.next_ms = now_ms + EVERY_MS;
    this.state = state;
    const { p50, p95 } = this.latency.percentiles(now_ms);
    this.sink.status({
      kind: "part_status",
      origin: ORIGIN,
      part: `feed:${PROVIDER}`,
      ts_ms: now_ms,
      state,
      text: `Synthetic market, ${SYMBOLS.length} symbols, scenario ${this.scenario}: ${text}`,
      latency_ms_p50: p50,
      latency_ms_p95: p95,
      newest_ts_ms: this.newest_ts_ms,
      symbols: SYMBOLS.map(({ symbol, decimals }) => ({ symbol, decimals })),
      counters: { ...this.counters },
    });
  }
}
