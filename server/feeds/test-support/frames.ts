import { expect } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { MESSAGES } from "../../../core/messages/index.ts";
import type { Item, Parse, ParseContext, Rest, RestAnswer } from "../venue.ts";

export const RECV_MS = 1_800_000_000_000;
const WS = join(process.env.SHARED_DIR ?? resolve(import.meta.dir, "../../../../shared"), "data/ws");

export const contextOf = (
  provider: string,
  symbolOf = (venue: string) => venue.replace(/[-/]/g, ""),
): ParseContext => ({
  provider,
  symbolOf,
});

/** All that a frame says; every record is checked against its schema, every number for being one. */
export function itemsOf(parse: Parse, frame: Uint8Array | string, context: ParseContext, recv_ms = RECV_MS): Item[] {
  const items: Item[] = [];
  parse(frame, recv_ms, context, (item) => items.push(item));
  for (const item of items) check(item);
  return items;
}

function check(item: Item): void {
  if (item.kind === "trade" || item.kind === "quote" || item.kind === "price") {
    expect(MESSAGES[item.kind].parse(item) as Item).toEqual(item);
  } else if (item.kind === "book_update") {
    for (const [price, size] of [...item.bids, ...item.asks]) {
      expect(price).toBeGreaterThan(0);
      expect(size).toBeGreaterThanOrEqual(0);
    }
  }
  expect(nonFinite(item)).toEqual([]);
}

function nonFinite(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => nonFinite(inner, `${path}.${key}`));
}

export interface Example {
  readonly file: string;
  /** "<" is the answer to a request, "=" what is pushed, "jsonl" a message of the venue's documentation. */
  readonly kind: "<" | "=" | "jsonl";
  readonly text: string;
}

/** Requests (">") are left out: they are what we would say. */
export function examplesOf(folder: string): Example[] {
  const path = join(WS, "message-examples", folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(path, file), "utf8");
      return file.endsWith(".jsonl") ? documented(file, text) : recorded(file, text);
    });
}

function documented(file: string, text: string): Example[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ file, kind: "jsonl", text: JSON.stringify((JSON.parse(line) as { msg: unknown }).msg) }));
}

function recorded(file: string, text: string): Example[] {
  const parts: { kind: string; text: string }[] = [];
  for (const line of text.split("\n")) {
    const head = /^([<>=])\d*\s?(.*)$/.exec(line);
    if (head !== null) parts.push({ kind: head[1]!, text: head[2]! });
    else if (parts.length > 0) parts.at(-1)!.text += `\n${line}`;
  }
  // A request's id stands there as |1|, bare or inside a text.
  return parts.flatMap(({ kind, text: body }) =>
    kind === ">" || body.trim() === ""
      ? []
      : [{ file, kind: kind as "<" | "=", text: body.trim().replace(/:\s*\|[^|"]*\|/g, ": 1") }],
  );
}

export const examplesMissing = !existsSync(join(WS, "message-examples"));
export const captureMissing = (name: string): boolean => !existsSync(join(WS, name));

/** The frames of a recording, `<seconds>: <json>`; lines that begin with an address are what was sent. */
export function captureOf(name: string): { text: string; recv_ms: number }[] {
  return gunzipSync(readFileSync(join(WS, name)))
    .toString("utf8")
    .split("\n")
    .flatMap((line) => {
      const match = /^(\d+(?:\.\d+)?): (.*)$/.exec(line);
      return match === null ? [] : [{ text: match[2]!, recv_ms: Number(match[1]) * 1_000 }];
    });
}

export const fixture = (folder: string, name: string): string =>
  readFileSync(join(folder, "fixtures", name), "utf8").trim();
export const fixtures = (folder: string): { name: string; text: string }[] =>
  readdirSync(join(folder, "fixtures"))
    .filter((name) => name.endsWith(".txt") && !name.startsWith("rest-"))
    .sort()
    .map((name) => ({ name, text: fixture(folder, name) }));

/** A venue's fixtures as its parser reads them. */
export function venueFrames(folder: string, parse: Parse, provider: string) {
  const context = contextOf(provider);
  return { context, read: (name: string): Item[] => itemsOf(parse, fixture(folder, `${name}.txt`), context) };
}

const TOKENS = ['"NaN"', "NaN", "-1", "0", "1e400", '"1e400"', "1e999999", "null", "{}", "[]", "true", '"x"', '"-0.1"'];
const CHARS = ["", '"', "{", "}", "[", "]", ",", ":", "-", "9", "0", ".", "e", "\\", " ", "\u0000", "é"];

/** A frame with one to four things done to it that a broken sender, proxy or attacker might do. */
export function mutated(frames: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    how: fc.constantFrom("token", "token", "char", "char", "cut", "twice"),
    token: fc.constantFrom(...TOKENS),
    char: fc.constantFrom(...CHARS),
  });
  return fc
    .tuple(fc.constantFrom(...frames), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([frame, changes]) =>
      changes.reduce((text, { at, how, token, char }) => {
        const i = Math.floor(at * text.length);
        if (how === "cut") return text.slice(0, i);
        if (how === "twice") return text.slice(0, i) + text.slice(Math.floor(i / 2));
        if (how === "char") return text.slice(0, i) + char + text.slice(i + 1);
        const values = [...text.matchAll(/"[^"]*"(?!\s*:)|-?\d[\d.eE+-]*|true|false|null/g)];
        const value = values[Math.floor(at * values.length)];
        return value === undefined
          ? text
          : text.slice(0, value.index) + token + text.slice(value.index + value[0].length);
      }, frame),
    );
}

/** A REST side that answers by what stands in the address, and notes what it was asked. */
export function restOf(answers: Readonly<Record<string, string | RestAnswer>>): { rest: Rest; asked: string[] } {
  const asked: string[] = [];
  const rest: Rest = (url, _weight, headers) => {
    asked.push(headers === undefined ? url : `${url} ${JSON.stringify(headers)}`);
    const key = Object.keys(answers).find((part) => url.includes(part));
    if (key === undefined) return Promise.resolve({ status: 404, body: "not here", retry_after_ms: null });
    const answer = answers[key]!;
    return Promise.resolve(typeof answer === "string" ? { status: 200, body: answer, retry_after_ms: null } : answer);
  };
  return { rest, asked };
}
