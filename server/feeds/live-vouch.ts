import type { Heartbeat, Trade } from "../../core/messages/index.ts";
import { createHeartbeats, type Heartbeats } from "./heartbeats.ts";
import { createLatencyWindow } from "./latency.ts";

const MEASURE_EVERY_MS = 1_000;
const BEHIND_MAX_MS = 5_000;
const BEHIND_UNKNOWN_MS = 100;
/** More between two steps, or less than nothing: the clock was set, or the machine slept. */
const JUMP_MS = 2_000;

/** Trades that come before they happen: this machine's clock is behind, if so many of them agree. */
const EARLY_MS = 1_000;
const AGREE_MIN = 10;
const AGREE = 0.9;

/** How far a venue's time has come: all of it up to then has been handed on. */
export class Vouch {
  readonly latency = createLatencyWindow();
  /** As far as pongs and frames tell. */
  vouched_ms = 0;
  /** By data alone: a mute venue answers pings as well. */
  whole_ms: number | null = null;
  /** By how much this machine's clock is behind the venue's; 0 unless it is for certain. */
  early_ms = 0;
  private readonly heartbeats: Heartbeats;
  private behind_ms = BEHIND_UNKNOWN_MS;
  private measured_ms = 0;
  private step_ms: number | null = null;
  /** After a jump our clock says nothing of the venue's until a trade has come. */
  private isLost = false;

  constructor(provider: string, every_ms: number) {
    this.heartbeats = createHeartbeats(provider, "live", every_ms);
  }

  /** Before what came in this step is looked at. */
  begin(now_ms: number): void {
    const jump_ms = this.step_ms === null ? 0 : now_ms - this.step_ms;
    this.step_ms = now_ms;
    if (jump_ms > JUMP_MS || jump_ms < -JUMP_MS) this.isLost = true;
  }

  seen({ recv_ms, ts_ms }: Trade, now_ms: number): void {
    if (recv_ms === undefined) return;
    this.latency.add(recv_ms, recv_ms - ts_ms);
    // What was received before the jump is no measure of the clock after it.
    if (this.isLost && Math.abs(now_ms - recv_ms) <= JUMP_MS) {
      this.isLost = false;
      this.measured_ms = 0;
    }
  }

  /** After it: `isEmpty` when nothing is left waiting, `alive_ms` null when the venue is not well. */
  end(now_ms: number, isEmpty: boolean, alive_ms: number | null, data_ms: number | null): void {
    this.measure(now_ms);
    if (!isEmpty || this.isLost) return;
    if (alive_ms !== null) this.vouched_ms = Math.max(this.vouched_ms, Math.min(alive_ms, now_ms) - this.behind_ms);
    if (data_ms !== null) this.whole_ms = data_ms - this.behind_ms;
  }

  /** The word on it, when it is due. */
  beat(now_ms: number, alive_ms: number): Heartbeat | null {
    return this.heartbeats.take(now_ms, alive_ms, this.vouched_ms);
  }

  /** One at once, outside the rhythm. */
  say(ts_ms: number): Heartbeat {
    return this.heartbeats.vouch(ts_ms);
  }

  /** How long trades take to come, at worst: what is younger may still be under way. */
  private measure(now_ms: number): void {
    if (Math.abs(now_ms - this.measured_ms) < MEASURE_EVERY_MS) return;
    this.measured_ms = now_ms;
    const usual_ms = this.latency.quantile(0.5, now_ms) ?? BEHIND_UNKNOWN_MS;
    // A few trades with a time long past must not hold the clock back.
    const least_ms = this.latency.count(now_ms) < AGREE_MIN ? 0 : (this.latency.quantile(AGREE, now_ms) ?? 0);
    this.early_ms = least_ms < -EARLY_MS ? -least_ms : 0;
    this.behind_ms = Math.min(this.latency.quantile(0.99, now_ms) ?? BEHIND_UNKNOWN_MS, usual_ms + BEHIND_MAX_MS);
  }
}
