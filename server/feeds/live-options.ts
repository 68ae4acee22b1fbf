import type { Gap } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Settings } from "../../core/settings/index.ts";
import type { Dial } from "./connection/dial.ts";
import type { Venue } from "./venue.ts";

/** What the logs of this DATA_DIR hold already. */
export interface LiveResume {
  /** Per symbol, the newest trade that was handed on, and how far minutes reach. */
  readonly symbols: ReadonlyMap<string, { readonly provider: string; readonly seq: number; readonly ts_ms: number }>;
  readonly minutes: ReadonlyMap<string, number>;
  readonly open_gaps: readonly Gap[];
}

export interface LiveFeedOptions {
  /** In the order of preference. */
  readonly venues: readonly Venue[];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly resume: LiveResume | null;
  readonly dial?: Dial;
  readonly random?: () => number;
  /** Of a venue that failed; see `Failover`. */
  readonly settle_ms?: number;
  /** Items that may wait of each venue, if not as many as usual. */
  readonly queue_max?: number;
  /** What a person has added to and removed from the symbols of the settings. */
  readonly changes?: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly markets_every_ms?: number;
}
