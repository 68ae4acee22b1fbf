import { resolve } from "node:path";
import { TapebellError } from "../../../core/errors.ts";
import { intervalMs } from "../../../core/messages/bar.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { nearest } from "../../../core/settings/nearest.ts";
import { duration } from "../../../core/text/time.ts";
import { systemClock } from "../../clock.ts";
import { Recorder } from "../../feeds/capture/recorder.ts";
import { frameLine, headerLine } from "../../feeds/capture/recording.ts";
import { dial } from "../../feeds/connection/dial.ts";
import { at, endpointsOf } from "../../feeds/endpoints.ts";
import { LiveMarkets } from "../../feeds/live-markets.ts";
import { probeVenues } from "../../feeds/probe.ts";
import { createRest } from "../../feeds/rest.ts";
import { chooseSymbols } from "../../feeds/symbols.ts";
import type { Channel, Venue, VenueSymbol } from "../../feeds/venue.ts";
import { VENUES } from "../../feeds/venues.ts";
import { loadSettings } from "../../settings/load.ts";
import { onStop } from "../io/stop.ts";
import type { Io } from "../io/streams.ts";
import { RecordingFile } from "./recording-file.ts";

export interface RecordOptions {
  readonly feed: string;
  readonly out: string;
  readonly symbols?: string;
  readonly channels: string;
  readonly for?: string;
  readonly maxBytes?: string;
  readonly set: readonly string[];
  readonly config?: string;
}

const STEP_MS = 20;
const WRITE_EVERY_MS = 1_000;
const CHANNELS: readonly Channel[] = ["trade", "quote", "book"];
const UNIT: Readonly<Record<string, number>> = { "": 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

const usage = (code: string, message: string, hint: string): TapebellError =>
  new TapebellError("usage", code, message, { hint });

/** Writes what comes until it is asked to stop, or the file is as long as it may be. */
export async function record(io: Io, options: RecordOptions): Promise<number> {
  const sets = options.symbols === undefined ? options.set : [...options.set, `SYMBOLS=${options.symbols}`];
  const { settings } = loadSettings({ env: io.env, cwd: io.cwd, config: options.config, sets });
  const channels = channelsOf(options.channels);
  const for_ms = options.for === undefined ? Number.POSITIVE_INFINITY : timeOf(options.for);
  const bytes_max = options.maxBytes === undefined ? Number.POSITIVE_INFINITY : bytesOf(options.maxBytes);
  const venue = await venueOf(options.feed, settings);
  const say = (text: string): void => void io.stderr.write(`record: ${text}\n`);
  const stop = new AbortController();
  const forget = onStop(stop);
  try {
    const symbols = await symbolsOf(venue, settings, stop.signal);
    const path = resolve(io.cwd, options.out);
    const file = await RecordingFile.create(path);
    try {
      const began_ms = systemClock.now();
      const names = symbols.map(({ symbol }) => symbol);
      file.add(headerLine({ recording: 1, venue: venue.id, symbols: names, began_ms }));
      say(
        `${venue.title}, ${names.length} symbols, to ${path}${for_ms === Number.POSITIVE_INFINITY ? "; Ctrl-C ends it" : ""}`,
      );
      const until = { end_ms: began_ms + for_ms, bytes_max, signal: stop.signal };
      const frames = await run({ venue, symbols, channels, settings }, file, until, say);
      const took = duration(systemClock.now() - began_ms);
      const lost = file.lost === 0 ? "" : `; ${file.lost} lines left out, the disk was too slow`;
      io.stdout.write(`record: ${frames} frames of ${venue.title} in ${took}, ${file.bytes} bytes to ${path}${lost}\n`);
      return frames === 0 || file.lost > 0 ? 1 : 0;
    } finally {
      await file.close();
    }
  } finally {
    forget();
  }
}

interface What {
  readonly venue: Venue;
  readonly symbols: readonly VenueSymbol[];
  readonly channels: readonly Channel[];
  readonly settings: Settings;
}

interface Until {
  readonly end_ms: number;
  readonly bytes_max: number;
  readonly signal: AbortSignal;
}

async function run(what: What, file: RecordingFile, until: Until, say: (text: string) => void): Promise<number> {
  let frames = 0;
  const { signal } = until;
  const done = new AbortController();
  const recorder = new Recorder({
    ...what,
    clock: systemClock,
    dial,
    signal: AbortSignal.any([signal, done.signal]),
    out: {
      frame(recv_ms, text) {
        frames++;
        file.add(frameLine(recv_ms, text));
      },
      answer(url, recv_ms, body) {
        file.add(url);
        file.add(frameLine(recv_ms, body));
      },
    },
  });
  const told = new Set<string>();
  let trouble = "";
  let written_ms = systemClock.now();
  try {
    while (!signal.aborted && systemClock.now() < until.end_ms && file.bytes < until.bytes_max) {
      recorder.step();
      if (recorder.trouble !== trouble) {
        trouble = recorder.trouble;
        say(trouble === "" ? `${what.venue.title} is well again` : trouble);
      }
      for (const [symbol, why] of recorder.refused) {
        if (!told.has(symbol)) say(`${symbol}: ${why}`);
        told.add(symbol);
      }
      if (file.isDue || systemClock.now() - written_ms >= WRITE_EVERY_MS) {
        written_ms = systemClock.now();
        await file.flush();
      }
      await systemClock.sleep(Math.min(STEP_MS, Math.max(0, until.end_ms - systemClock.now())), signal);
    }
  } finally {
    recorder.stop();
    done.abort();
  }
  await file.flush();
  return frames;
}

async function venueOf(name: string, settings: Settings): Promise<Venue> {
  if (name === "auto") {
    const { provider, reasons } = await probeVenues({ ...settings, FEED: "auto" }, systemClock);
    const load = provider === null ? undefined : VENUES[provider];
    if (load !== undefined) return load(settings);
    throw new TapebellError("outside", "no_venue", `no venue answers: ${reasons.join("; ")}`, {
      hint: "check the network, or name a venue with --feed",
    });
  }
  const load = Object.hasOwn(VENUES, name) ? VENUES[name] : undefined;
  if (load !== undefined) return load(settings);
  const names = ["auto", ...Object.keys(VENUES)];
  const near = nearest(name, names);
  const hint = near === null ? `use one of ${names.join(", ")}` : `did you mean ${near}?`;
  throw usage("unknown_venue", `--feed ${name.slice(0, 80)} has no frames to record`, hint);
}

/** The named ones, and the most traded by the venue's own list. */
async function symbolsOf(venue: Venue, settings: Settings, signal: AbortSignal): Promise<VenueSymbol[]> {
  const { rest: address } = endpointsOf(venue.id, settings);
  const ask = createRest({ clock: systemClock, limit: venue.limits.rest, signal });
  const markets = new LiveMarkets({
    venue,
    rest: (url, weight, headers) => ask(at(url, address), weight, headers),
    clock: systemClock,
  });
  if (settings.SYMBOLS.top !== null) await markets.ask();
  const symbols = chooseSymbols(settings.SYMBOLS, markets.list).flatMap((symbol) => venue.toVenue(symbol) ?? []);
  if (symbols.length > 0) return symbols;
  throw usage(
    "no_symbols",
    `${venue.title} has none of the symbols`,
    "name some with --symbols, such as BTCUSDT,ETHUSDT",
  );
}

function channelsOf(text: string): Channel[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(CHANNELS as readonly string[]).includes(name));
  if (unknown === undefined) return CHANNELS.filter((channel) => names.includes(channel));
  throw usage("bad_channel", `--channels: "${unknown.slice(0, 40)}" is none`, `use any of ${CHANNELS.join(",")}`);
}

function timeOf(text: string): number {
  const ms = intervalMs(text);
  if (ms !== null) return ms;
  throw usage("bad_time", `--for ${text.slice(0, 40)} is no time`, "use a number with s, m, h or d");
}

function bytesOf(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,15})([KMGT]?)B?$/i.exec(text.trim()) ?? [];
  const bytes = Number(number) * (UNIT[unit.toUpperCase()] ?? 0);
  if (number !== "" && bytes > 0) return bytes;
  throw usage(
    "bad_size",
    `--max-bytes ${text.slice(0, 40)} is no size`,
    "use a number of bytes, or one with K, M or G",
  );
}
