import { TapebellError } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Settings } from "../core/settings/index.ts";
import type { World } from "../db/index.ts";
import type { Dial } from "./feeds/connection/dial.ts";
import { probeVenues } from "./feeds/probe.ts";
import { replaySource } from "./feeds/replay/which.ts";
import { VENUES } from "./feeds/venues.ts";

export interface Chosen {
  readonly origin: World;
  /** Who does not answer and why, in words; empty when all is as asked. */
  readonly reasons: readonly string[];
}

/** Which world a start would run; with `auto`, when no venue answers. */
export function originOf({ FEED }: Pick<Settings, "FEED">): World {
  if (FEED === "auto" || FEED === "synthetic") return "synthetic";
  if (FEED === "replay") return "replay";
  if (Object.hasOwn(VENUES, FEED)) return "live";
  throw new TapebellError("usage", "feed_unavailable", `FEED=${FEED} is not in this version yet`, {
    hint: "use FEED=auto, FEED=binance or FEED=synthetic",
  });
}

/**
 * Which world this start runs. A venue that was named is shown even while it does not answer; with `auto` a market that is
 * made up is shown when none answers now, and says so. Never after live was seen: what is live and what is not do not mix.
 */
export async function chooseOrigin(settings: Settings, clock: Clock, dial?: Dial): Promise<Chosen> {
  if (settings.FEED === "alpaca" && (settings.ALPACA_API_KEY === "" || settings.ALPACA_API_SECRET === "")) {
    throw new TapebellError("usage", "no_credentials", "FEED=alpaca needs a key, and none is set", {
      hint: "set ALPACA_API_KEY and ALPACA_API_SECRET, or use FEED=auto",
    });
  }
  // Before anything is opened, there is something to play.
  if (settings.FEED === "replay") replaySource(settings);
  if (settings.FEED !== "auto") return { origin: originOf(settings), reasons: [] };
  const { provider, reasons } = await probeVenues(settings, clock, dial);
  return { origin: provider === null ? "synthetic" : "live", reasons };
}
