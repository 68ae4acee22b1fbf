/** Closed: the model is asked. Open: it is not. Half open: one row is tried. */
export type BreakerState = "closed" | "open" | "half_open";
export type BreakerEvent = "answered" | "failed" | "failed_too_often" | "waited";

export const NEXT: Readonly<Record<BreakerState, Readonly<Record<BreakerEvent, BreakerState>>>> = {
  closed: { answered: "closed", failed: "closed", failed_too_often: "open", waited: "closed" },
  // Answers and failures of calls that were out when it opened say nothing new.
  open: { answered: "open", failed: "open", failed_too_often: "open", waited: "half_open" },
  half_open: { answered: "closed", failed: "open", failed_too_often: "open", waited: "half_open" },
};

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before a row is tried. */
  readonly open_ms: number;
}

/** Keeps a model that fails again and again from being asked. Time is handed in. */
export class Breaker {
  state: BreakerState = "closed";
  /** How often it has opened. */
  opened = 0;
  private failures = 0;
  private opened_ms = 0;

  constructor(private readonly settings: BreakerSettings) {}

  /** The state at this time. */
  at(now_ms: number): BreakerState {
    if (this.state === "open" && now_ms - this.opened_ms >= this.settings.open_ms) this.move("waited", now_ms);
    return this.state;
  }

  answered(now_ms: number): void {
    this.failures = 0;
    this.move("answered", now_ms);
  }

  failed(now_ms: number): void {
    this.failures++;
    this.move(this.failures >= this.settings.failures ? "failed_too_often" : "failed", now_ms);
  }

  private move(event: BreakerEvent, now_ms: number): void {
    const next = NEXT[this.state][event];
    if (next === "open" && this.state !== "open") {
      this.opened++;
      this.opened_ms = now_ms;
    }
    if (next === "closed" && this.state !== "closed") this.failures = 0;
    this.state = next;
  }
}
