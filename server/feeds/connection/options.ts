import type { Clock } from "../../../core/ports/clock.ts";
import type { Limiter } from "../limiter.ts";
import type { Item, SocketPlan, Venue } from "../venue.ts";
import type { BackoffSettings } from "./backoff.ts";
import type { Dial } from "./dial.ts";

export interface ConnectionOptions {
  readonly venue: Venue;
  readonly plan: SocketPlan;
  readonly symbolOf: (venueSymbol: string) => string;
  readonly clock: Clock;
  readonly dial: Dial;
  readonly random: () => number;
  readonly settings: BackoffSettings;
  /** New connections, counted over all sockets of the venue. */
  readonly connects: Limiter;
  readonly emit: (item: Item) => void;
  /** What to ask for on a new socket; the plan's own messages where it is left out. */
  readonly subscribe?: () => readonly string[];
}
