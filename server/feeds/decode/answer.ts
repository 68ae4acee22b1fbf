import { TapebellError } from "../../../core/errors.ts";
import type { RestAnswer } from "../venue.ts";
import { type Fields, isFields, shown } from "./fields.ts";

/** What a venue's REST side answered, as JSON; anything but 200 and JSON is an error that names the call. */
export function jsonOf(venue: string, url: string, answer: RestAnswer): unknown {
  if (answer.status !== 200) {
    throw failed(venue, url, `answered ${answer.status}: ${shown(answer.body)}`, hintOf(answer.status));
  }
  try {
    return JSON.parse(answer.body) as unknown;
  } catch (cause) {
    throw failed(venue, url, `answered no JSON: ${shown(answer.body)}`, undefined, cause);
  }
}

export function fieldsOf(venue: string, url: string, value: unknown): Fields {
  if (!isFields(value)) throw failed(venue, url, `answered ${shown(value)} where an object was due`);
  return value;
}

export function listOf(venue: string, url: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw failed(venue, url, `answered ${shown(value)} where a list was due`);
  return value as unknown[];
}

export function failed(venue: string, url: string, what: string, hint?: string, cause?: unknown): TapebellError {
  return new TapebellError("outside", "venue_rest", `${venue} (${url.split("?")[0]}) ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function hintOf(status: number): string {
  if (status === 401 || status === 403)
    return "check the keys in the settings, and whether the venue serves this country";
  if (status === 451) return "the venue does not serve this country: choose another with FEED";
  if (status === 429 || status === 418) return "too many calls: it is tried again later";
  return "it is tried again later; `tapebell doctor` says what can be reached";
}
