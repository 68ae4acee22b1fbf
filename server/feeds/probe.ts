import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../../core/ports/clock.ts";
import type { Settings } from "../../core/settings/index.ts";
import { type Dial, dial as realDial } from "./connection/dial.ts";
import { Session } from "./connection/session.ts";
import { at, endpointsOf } from "./endpoints.ts";
import { Failover } from "./failover/manager.ts";
import { venuesOf } from "./preference.ts";
import type { Venue } from "./venue.ts";

export interface Probed {
  /** Null: none answers. */
  readonly provider: string | null;
  /** In words, one per venue that did not answer. */
  readonly reasons: readonly string[];
}

const WAIT_MS = 3_000;
/** A machine that cannot look up a name within this has no network, and is not kept waiting. */
const NAMES_WAIT_MS = 800;
const STEP_MS = 20;
/** Markets every venue has, and that are never quiet for long. */
const ASKED = ["BTCUSDT", "ETHUSDT"];

/** Whether any venue brings data now, and who refuses and why. */
export async function probeVenues(settings: Settings, clock: Clock, dial: Dial = realDial): Promise<Probed> {
  const venues = await venuesOf(settings);
  const stop = new AbortController();
  const tried = await Promise.all(venues.map((venue) => hasName(venue, settings, clock, stop.signal)));
  stop.abort();
  if (!tried.includes(true)) {
    return { provider: null, reasons: ["No venue is found: no network, or no name service"] };
  }
  const sessions = venues.map((venue) => ({ venue, session: sessionOf(venue, settings, clock, dial) }));
  const start_ms = clock.now();
  const failover = new Failover({ venues, start_ms, choose_after_ms: WAIT_MS });
  try {
    while (clock.now() - start_ms <= WAIT_MS) {
      for (const { venue, session } of sessions) {
        session.tick();
        session.queue.take(Number.MAX_SAFE_INTEGER);
        const { said, reason } = session.said();
        failover.report(venue.id, said, reason, clock.now());
      }
      failover.decide(clock.now());
      if (failover.primary !== null || venues.every(({ id }) => failover.healthOf(id) === "down")) break;
      await clock.sleep(STEP_MS);
    }
    const reasons = venues
      .filter(({ id }) => failover.healthOf(id) !== "well")
      .map(({ id, title }) => failover.reasonOf(id) || `${title} does not answer within ${WAIT_MS / 1000} s`);
    return { provider: failover.primary, reasons };
  } finally {
    for (const { session } of sessions) session.stop();
  }
}

const plansOf = (venue: Venue) => venue.sockets(symbolsOf(venue), ["trade", "quote"]);
const symbolsOf = (venue: Venue) => (venue.well_known ?? ASKED).flatMap((symbol) => venue.toVenue(symbol) ?? []);

function sessionOf(venue: Venue, settings: Settings, clock: Clock, dial: Dial): Session {
  return new Session({
    venue,
    symbols: symbolsOf(venue),
    channels: ["trade", "quote"],
    stream: endpointsOf(venue.id, settings).stream,
    clock,
    dial,
    random: Math.random,
    settings,
  });
}

async function hasName(venue: Venue, settings: Settings, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const url = plansOf(venue)[0]?.url;
  if (url === undefined) return false;
  const { hostname } = new URL(at(url, endpointsOf(venue.id, settings).stream));
  if (isIP(hostname.replace(/^\[|\]$/g, "")) !== 0) return true;
  const found = lookup(hostname).then(
    () => true,
    () => false,
  );
  return Promise.race([found, clock.sleep(NAMES_WAIT_MS, signal).then(() => false)]);
}
