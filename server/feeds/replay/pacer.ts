import type { Clock } from "../../../core/ports/clock.ts";
import type { StopSignal } from "../../../core/ports/signal.ts";

/** A longer pause in a recording is passed over, so that neither a night nor one misdated tick holds everything up. */
const PAUSE_MAX_MS = 60_000;

/** Lets the time of a recording pass at a speed; null = as fast as it can be read. */
export class Pacer {
  private from_ms = 0;
  private from_event_ms: number | null = null;
  private last_ms = 0;

  constructor(
    private readonly clock: Clock,
    private readonly speed: number | null,
    private readonly signal: StopSignal,
  ) {}

  /** How long until a tick is due; also says that it comes next. */
  due(event_ms: number): number {
    if (this.speed === null) return 0;
    const jump_ms = Math.abs(event_ms - this.last_ms);
    this.last_ms = event_ms;
    if (this.from_event_ms === null || jump_ms > PAUSE_MAX_MS) {
      this.from_ms = this.clock.now();
      this.from_event_ms = event_ms;
      return 0;
    }
    return Math.max(0, this.from_ms + (event_ms - this.from_event_ms) / this.speed - this.clock.now());
  }

  wait(ms: number): Promise<void> {
    return this.clock.sleep(ms, this.signal);
  }

  /** Which time it is in the recording: the clock's where time passes, else that of the newest tick. */
  now(tick_ms: number): number {
    if (this.speed === null || this.from_event_ms === null) return tick_ms;
    return Math.max(tick_ms, Math.floor(this.from_event_ms + (this.clock.now() - this.from_ms) * this.speed));
  }
}
