import { Writable } from "node:stream";
import pino, { type Logger } from "pino";
import type { Settings } from "../core/settings/index.ts";

export type Log = Logger;

export interface LogSink {
  /** The default is stderr, so that a filter's output stays clean. */
  readonly write: (line: string) => void;
  readonly terminal: boolean;
}

/** Values under these names never reach a log, whatever object they hang on. */
const SECRET_PATHS = ["key", "api_key", "password", "authorization", "token", "secret"].flatMap((name) => [
  name,
  `*.${name}`,
]);

/** One line per event, from the main thread or any worker: each line is one write, so lines of threads never mix. */
export function createLog(
  settings: Pick<Settings, "LOG_LEVEL" | "LOG_FORMAT">,
  /** The part that speaks: "server", "aggregate". */
  part: string,
  { write, terminal }: LogSink = stderrSink(),
): Log {
  const pretty = settings.LOG_FORMAT === "pretty" || (settings.LOG_FORMAT === "auto" && terminal);
  const sink = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      write(pretty ? prettyLine(line, terminal) : line);
      done();
    },
  });
  return pino(
    {
      level: settings.LOG_LEVEL,
      base: { part },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: "••••" },
      serializers: { err: shortError },
    },
    sink,
  );
}

const stderrSink = (): LogSink => ({
  write: (line) => process.stderr.write(line),
  terminal: process.stderr.isTTY === true,
});

/** What happened and what to do; the stack only for what is a bug of ours. */
function shortError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { kind, code, hint } = error as Error & { kind?: unknown; code?: unknown; hint?: unknown };
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  const known = kind !== undefined && kind !== "bug";
  return { message: error.message, code, hint, cause, ...(known ? {} : { stack: error.stack }) };
}

const COLOUR: Record<string, string> = { warn: "\u001b[33m", error: "\u001b[31m", fatal: "\u001b[31m" };
const RESET = "\u001b[0m";
const OWN_FIELDS = new Set(["level", "time", "part", "msg"]);

/** `12:34:56.789 warn  aggregate  message  key=value`; what is no JSON goes through as it is. */
export function prettyLine(line: string, colours: boolean): string {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const level = String(record.level);
  const time = String(record.time).slice(11, 23);
  const fields = Object.entries(record)
    .filter(([name, value]) => !OWN_FIELDS.has(name) && value !== undefined)
    .map(
      ([name, value]) =>
        `  ${name}=${typeof value === "string" && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`,
    );
  const text = `${time} ${level.padEnd(5)} ${String(record.part).padEnd(9)}  ${oneLine(String(record.msg ?? ""))}${fields.join("")}`;
  const colour = colours ? COLOUR[level] : undefined;
  return `${colour === undefined ? text : `${colour}${text}${RESET}`}\n`;
}

/** Texts from outside may hold line breaks and cursor movements: a line stays a line. */
function oneLine(text: string): string {
  return Array.from(text, (c) => (c < " " || (c >= "\u007f" && c <= "\u009f") ? " " : c)).join("");
}
