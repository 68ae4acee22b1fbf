import { type Health, NEXT_HEALTH, type Sign } from "./table.ts";

/** What a venue's connections say of themselves just now. */
export type Said = "live" | "broken" | "mute" | "trying";

export interface Switch {
  readonly from: string | null;
  readonly to: string;
  readonly reason: string;
}

interface VenueState {
  readonly id: string;
  readonly title: string;
  health: Health;
  said: Said;
  /** When it began to say this. */
  since_ms: number;
  reason: string;
}

export interface FailoverOptions {
  /** In the order of preference. */
  readonly venues: readonly { readonly id: string; readonly title: string }[];
  readonly start_ms: number;
  /** How long a less preferred venue waits at the start for a better one. */
  readonly choose_after_ms?: number;
  /** A broken line that is back within this is no failure; silence has lasted long enough when it is told. */
  readonly grace_ms?: number;
  /** A venue that failed must be well this long before it is gone back to. */
  readonly settle_ms?: number;
}

/**
 * Which venue is listened to. Fails over at once when the primary fails and another answers; goes back only to one that
 * has been well for a while, so that a flapping venue costs at most one switch per `settle_ms`.
 */
export class Failover {
  primary: string | null = null;
  private readonly venues: readonly VenueState[];
  private readonly choose_at_ms: number;
  private readonly grace_ms: number;
  private readonly settle_ms: number;

  constructor({ venues, start_ms, choose_after_ms = 3_000, grace_ms = 1_500, settle_ms = 30_000 }: FailoverOptions) {
    this.venues = venues.map(({ id, title }) => ({
      id,
      title,
      health: "unknown",
      said: "trying",
      since_ms: start_ms,
      reason: "",
    }));
    this.choose_at_ms = start_ms + choose_after_ms;
    this.grace_ms = grace_ms;
    this.settle_ms = settle_ms;
  }

  healthOf(id: string): Health {
    return this.of(id).health;
  }

  reasonOf(id: string): string {
    return this.of(id).reason;
  }

  report(id: string, said: Said, reason: string, now_ms: number): void {
    const venue = this.of(id);
    if (said !== venue.said) {
      venue.said = said;
      venue.since_ms = now_ms;
    }
    venue.reason = said === "live" ? "" : reason;
  }

  /** The switch that is due now, already made; null: all stays as it is. */
  decide(now_ms: number): Switch | null {
    for (const venue of this.venues) {
      const sign = this.signOf(venue, now_ms);
      if (sign === null) continue;
      venue.health = NEXT_HEALTH[venue.health][sign];
    }
    const current = this.venues.find(({ id }) => id === this.primary) ?? null;
    const next = this.choose(current, now_ms);
    if (next === null || next === current) return null;
    this.primary = next.id;
    return { from: current?.id ?? null, to: next.id, reason: this.why(current, next) };
  }

  private signOf({ said, since_ms, health }: VenueState, now_ms: number): Sign | null {
    const lasted_ms = now_ms - since_ms;
    if (said === "live") return health === "settling" && lasted_ms >= this.settle_ms ? "settled" : "answers";
    if (said === "mute") return "fails";
    // At the start nothing has failed yet that could be waited for.
    if (said === "broken") return health === "unknown" || lasted_ms >= this.grace_ms ? "fails" : null;
    return null;
  }

  private choose(current: VenueState | null, now_ms: number): VenueState | null {
    const well = this.venues.find(({ health }) => health === "well") ?? null;
    if (current === null) {
      const answering = well ?? this.venues.find(({ health }) => health === "settling") ?? null;
      if (answering === null) return null;
      const isAwaited = this.venues.slice(0, this.venues.indexOf(answering)).some(({ health }) => health === "unknown");
      return isAwaited && now_ms < this.choose_at_ms ? null : answering;
    }
    const isFailed = current.health === "down";
    if (isFailed) return well ?? this.venues.find(({ health }) => health === "settling") ?? null;
    if (well !== null && this.venues.indexOf(well) < this.venues.indexOf(current)) return well;
    return null;
  }

  private why(current: VenueState | null, next: VenueState): string {
    const better = this.venues.slice(0, this.venues.indexOf(next));
    if (current === null) {
      const refusals = better.map(({ reason, title }) => (reason === "" ? `${title} has not answered` : reason));
      return [...refusals, `showing ${next.title}`].join("; ");
    }
    if (current.health === "down") return `${current.reason || `${current.title} failed`}; showing ${next.title}`;
    return `${next.title} is well again`;
  }

  private of(id: string): VenueState {
    const venue = this.venues.find((one) => one.id === id);
    if (venue === undefined) throw new RangeError(`no venue ${id}`);
    return venue;
  }
}
