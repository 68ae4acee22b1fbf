import { TapebellError } from "../../../core/errors.ts";
import { type Look, lookInto } from "../../bus/embedded/look.ts";
import { loadSettings } from "../../settings/load.ts";
import { type Io, LineWriter } from "../io/streams.ts";
import { type Place, placeOf } from "./place.ts";

export interface TailOptions {
  readonly topic: string;
  readonly limit: string;
  readonly follow?: true;
  readonly set: readonly string[];
  readonly config?: string;
}

const LIMIT_MAX = 1_000_000;
const POLL_MS = 200;
const FIRST_LOOK = 1_000;

/** Reads the log's files beside whoever writes them: no lock is taken, nothing is changed. */
export async function tail(io: Io, options: TailOptions): Promise<void> {
  const { settings } = loadSettings({ env: io.env, cwd: io.cwd, config: options.config, sets: options.set });
  const limit = limitOf(options.limit);
  const place = placeOf(options.topic, settings);
  const look = lookInto(place.folder, place.partitions);
  const out = new LineWriter(io.stdout);
  for (const value of newest(look, limit, place.has)) if (out.add(value)) await out.flush();
  await out.flush();
  if (options.follow !== true) return;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    for (const value of look.more()) if ((place.has === null || place.has(value)) && out.add(value)) await out.flush();
    await out.flush();
  }
}

/** Of one symbol's records among others, as many are looked at as it takes to find enough. */
function newest(look: Look, limit: number, has: Place["has"]): string[] {
  if (has === null || limit === 0) return look.tail(limit);
  for (let count = Math.max(FIRST_LOOK, limit); ; count = Math.min(LIMIT_MAX, count * 4)) {
    const values = look.tail(count);
    const wanted = values.filter(has);
    if (wanted.length >= limit || values.length < count || count === LIMIT_MAX) return wanted.slice(-limit);
  }
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit <= LIMIT_MAX) return limit;
  throw new TapebellError("usage", "bad_limit", `--limit ${text.slice(0, 40)} is no number of records`, {
    hint: `use 0 to ${LIMIT_MAX}`,
  });
}
