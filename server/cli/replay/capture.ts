import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { TapebellError } from "../../../core/errors.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { systemClock } from "../../clock.ts";
import { Capture } from "../../feeds/replay/capture.ts";
import { Pacer } from "../../feeds/replay/pacer.ts";
import { nameOf, openSource } from "../../feeds/replay/source.ts";
import { readTicks, type TickSink, type TicksRead } from "../../feeds/replay/ticks.ts";
import { graphSettings } from "../../settings/graph.ts";
import { loadSettings } from "../../settings/load.ts";
import { onStop } from "../io/stop.ts";
import type { Io } from "../io/streams.ts";
import { OutFiles, type Paths } from "./out-file.ts";

export interface CaptureOptions {
  readonly source?: string;
  readonly bins: string;
  readonly bars: string;
  readonly deadLetter: string;
  readonly speed: string;
  readonly stallSec: string;
  readonly set: readonly string[];
  readonly config?: string;
}

const STALL_SEC_MAX = 86_400;
const SPEED_MAX = 1_000_000;

const usage = (code: string, message: string, hint: string): TapebellError =>
  new TapebellError("usage", code, message, { hint });

/** Reads a source once, to its end, and says what came of it. */
export async function capture(io: Io, options: CaptureOptions): Promise<number> {
  const { settings } = loadSettings({ env: io.env, cwd: io.cwd, config: options.config, sets: options.set });
  const speed = speedOf(options.speed);
  const stall_ms = numberIn("--stall-sec", options.stallSec, STALL_SEC_MAX, `0 to ${STALL_SEC_MAX}`) * 1_000;
  const source = sourceOf(io, options.source ?? settings.MOCK_API_URL);
  const paths = outputsOf(io, options, source);
  const stop = new AbortController();
  const { signal } = stop;
  const forget = onStop(stop);
  try {
    // Before the files of an earlier capture are overwritten, there is something to write.
    const input = await openSource(source, { stall_ms, signal, stdin: io.stdin });
    const files = new OutFiles(paths);
    const made = new Capture(graphSettings(settings, 0), files);
    const read: TicksRead = { lines: 0, trades: 0, passed: 0 };
    const failure = await readTicks(
      input,
      tickSink(made, files, new Pacer(systemClock, speed, signal), read, signal),
      read,
      signal,
    )
      .then(() => null)
      .catch((cause: unknown) => (signal.aborted ? null : cause));
    made.end(failure === null && !signal.aborted);
    await files.flush();
    const said = files.refused.summary(read.lines, { duplicates: made.duplicates, "not trades": read.passed });
    if (said !== null) io.stderr.write(`${said}\n`);
    const until = signal.aborted ? " until it was stopped" : failure === null ? "" : " until it broke off";
    io.stdout.write(`replay capture: ${read.trades} ticks of ${nameOf(source)}${until}; ${files.inWords()}\n`);
    if (failure !== null) throw failure;
    return read.trades === 0 && files.refused.bad > 0 ? 1 : 0;
  } finally {
    forget();
  }
}

function tickSink(made: Capture, files: OutFiles, pacer: Pacer, read: TicksRead, signal: AbortSignal): TickSink {
  const take = (trade: Trade): void | Promise<void> => {
    made.take(trade, pacer.now(trade.ts_ms));
    if (files.isDue) return files.flush();
  };
  const later = async (trade: Trade, due_ms: number): Promise<void> => {
    // What is known already can be seen while the next tick is waited for.
    await files.flush();
    await pacer.wait(due_ms);
    if (!signal.aborted) await take(trade);
  };
  return {
    take(trade) {
      if (trade.kind !== "trade") {
        read.passed++;
        return;
      }
      const due_ms = pacer.due(trade.ts_ms);
      return due_ms > 0 ? later(trade, due_ms) : take(trade);
    },
    bad: (line, why) => files.refused.line(line, why),
    // Of a source that sends little, each piece can be seen at once.
    settle: () => files.flush(),
  };
}

function speedOf(text: string): number | null {
  if (text === "max") return null;
  const speed = numberIn("--speed", text, SPEED_MAX, "a number above 0, or max");
  if (speed > 0) return speed;
  throw usage("bad_speed", "--speed 0 would never get on", "use a number above 0, or max");
}

function numberIn(option: string, text: string, max: number, allowed: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value <= max) return value;
  throw usage("bad_number", `${option} ${text.slice(0, 40)} is not what it takes`, `use ${allowed}`);
}

function sourceOf(io: Io, given: string): string {
  if (given === "")
    throw usage("no_source", "there is no source of ticks", "give --source FILE or URL, or set MOCK_API_URL");
  return given === "-" || /^https?:\/\//i.test(given) ? given : resolve(io.cwd, given);
}

/** A file written twice, or over what is being read, would be lost. */
function outputsOf(io: Io, options: CaptureOptions, source: string): Paths {
  const { bins, bars, deadLetter } = options;
  const paths = { bins: resolve(io.cwd, bins), bars: resolve(io.cwd, bars), deadLetter: resolve(io.cwd, deadLetter) };
  const real = [source, ...Object.values(paths)].map((path) => (existsSync(path) ? realpathSync(path) : path));
  if (new Set(real).size === real.length) return paths;
  throw usage("same_file", "source, --bins, --bars and --dead-letter must be four files", "give each its own");
}
