import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { captureLine } from "../../feeds/capture/line.ts";
import { hasCaptures, WS } from "../../feeds/test-support/captures.ts";
import { call } from "../test-support/call.ts";

const VENUE_OF: Readonly<Record<string, string>> = {
  "bybit-v5": "bybit",
  "BITSTAMP.ws.1.0.gz": "binance",
  "BYBIT.ws.26.0.gz": "bybit",
  "BINANCE.ws.1.0.gz": "binance",
  "BINANCE.http.0.0.gz": "binance",
  "COINBASE.ws.28.0.gz": "coinbase",
};

/** Every recording and example there is, with the venue to read it as. */
function files(): { venue: string; path: string }[] {
  const under = (folder: string): string[] => readdirSync(join(WS, folder)).map((name) => join(WS, folder, name));
  const examples = readdirSync(join(WS, "message-examples")).flatMap((venue) =>
    under(`message-examples/${venue}`).map((path) => ({ venue: VENUE_OF[venue] ?? venue, path })),
  );
  const recorded = under("cryptofeed").map((path) => ({ venue: VENUE_OF[basename(path)] ?? "binance", path }));
  return [...recorded, ...examples];
}

/** Frames and control lines of a file, counted without the decoder: what begins on a line of its own. */
function linesOf(path: string): { frames: number; control: number } {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const count = { frames: 0, control: 0 };
  let isInside = false;
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const { kind } = captureLine(line);
    if (kind === "control") count.control++;
    else if (kind === "begin" || (kind === "frame" && !isInside) || /^=/.test(line)) count.frames++;
    isInside = kind === "begin" || (isInside && kind !== "control" && !/^=/.test(line));
  }
  return count;
}

describe.skipIf(!hasCaptures)(
  "every frame is a record or a counted unknown, every other line a control line; exit 0",
  () => {
    for (const { venue, path } of hasCaptures ? files() : []) {
      test(`${venue} ${path.slice(WS.length + 1)}`, async () => {
        const { frames, control } = linesOf(path);
        const { code, err, records } = await call(["decode", venue, path]);
        expect(code).toBe(0);
        expect(err).not.toContain("could not be used");
        expect(err).not.toContain("set aside");
        const unknown = records.filter(({ kind }) => kind === "unknown");
        if (unknown.length > 0) expect(err).toContain(`${unknown.length} frames are unknown`);
        if (control > 0) expect(err).toContain(`${control} control lines passed over`);
        for (const { text } of unknown) expect(() => JSON.parse(text as string) as unknown).not.toThrow();
        expect(records.length).toBeGreaterThanOrEqual(frames);
      });
    }
  },
);
