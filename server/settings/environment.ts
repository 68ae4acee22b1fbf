import { nearest } from "../../core/settings/nearest.ts";

/** First words that only our settings have; KAFKA_, NATS_ and the like belong to the world. */
const OWN_PREFIX =
  /^(SENTIMENT|SYNTHETIC|SUMMARY|SUMMARIES|ANOMALY|ALERT|HEADLINE|RSS|NEWS|PRICE|EWMA|SIGNAL|BAR|REPLAY|ROLLING|WINDOW|MARKET|CHECKPOINT|TAPEBELL)_/;

/** Short names are too near to everything (HOST and POST): only longer ones are held to be slips of ours. */
const SLIP_MIN_LENGTH = 6;

/** For a variable that is no setting: the setting it was likely meant to be, "" when it just looks like ours, else null. */
export function looksLikeOurs(name: string, settings: readonly string[]): string | null {
  if (!/^[A-Z][A-Z0-9_]*$/.test(name)) return null;
  const near = name.length >= SLIP_MIN_LENGTH ? nearest(name, settings) : null;
  if (OWN_PREFIX.test(name)) return near ?? "";
  return near !== null && Math.abs(near.length - name.length) <= 1 ? near : null;
}
