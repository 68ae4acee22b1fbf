import { createReadStream, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { TapebellError } from "../../core/errors.ts";

export const LINE_BYTES_MAX = 1024 * 1024;
const NEWLINE = 10;
const BRACE = 0x7b;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** A line of the input; `text` is only its beginning when it was longer than a line may be. */
export interface Line {
  readonly number: number;
  readonly text: string;
  readonly isTooLong: boolean;
}

const decoder = new TextDecoder();

/** A line as it came; its bytes are good until the next lines are asked for. */
export class RawLine implements Line {
  private decoded: string | null = null;

  constructor(
    readonly number: number,
    readonly bytes: Uint8Array,
    readonly isTooLong: boolean,
  ) {}

  /** Nothing but white space. */
  get isBlank(): boolean {
    return this.bytes[0] !== BRACE && !this.isTooLong && this.text.trim() === "";
  }

  get text(): string {
    this.decoded ??= decoder.decode(this.bytes).replace(/\r$/, "");
    return this.decoded;
  }
}

/** A file, or what comes in (`-` or nothing). Compressed input is recognised by its first bytes. */
export function openInput(file: string | undefined, stdin: Readable): Readable {
  if (file === undefined || file === "-") return stdin;
  checkInput(file);
  return createReadStream(file, { highWaterMark: 256 * 1024 });
}

/** A name that cannot be read is wrong usage, best said before anything is done. */
export function checkInput(file: string): void {
  try {
    if (statSync(file).isDirectory()) throw new Error("it is a directory");
  } catch (cause) {
    throw new TapebellError("usage", "no_input", `${file} cannot be read: ${(cause as Error).message}`, {
      hint: "give a file, or - for standard input",
      cause,
    });
  }
}

/** Lines, some at a time. A line has a bound: what is longer is passed over up to its end and comes out cut, marked. */
export async function* linesOf(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<RawLine[]> {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let isTooLong = false;
  let number = 0;
  const keep = (bytes: Uint8Array): void => {
    const room = LINE_BYTES_MAX - keptBytes;
    if (bytes.length > room) isTooLong = true;
    const part = bytes.subarray(0, room);
    if (part.length > 0) kept.push(part);
    keptBytes += part.length;
  };
  const take = (): RawLine => {
    number++;
    const line = new RawLine(number, kept.length === 1 ? kept[0]! : Buffer.concat(kept), isTooLong);
    kept = [];
    keptBytes = 0;
    isTooLong = false;
    return line;
  };
  for await (const chunk of plain(input)) {
    const lines: RawLine[] = [];
    let from = 0;
    for (;;) {
      const to = chunk.indexOf(NEWLINE, from);
      if (to < 0) break;
      keep(chunk.subarray(from, to));
      lines.push(take());
      from = to + 1;
    }
    // A copy: the stream may use its memory again.
    if (from < chunk.length) keep(chunk.slice(from));
    if (lines.length > 0) yield lines;
  }
  if (kept.length > 0) yield [take()];
}

/** Decompressed where it is compressed. A damaged archive gives what was whole, then an error that says so. */
async function* plain(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  const chunks = input[Symbol.asyncIterator]();
  const bytes = (chunk: Uint8Array | string): Uint8Array => (typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  let head: Uint8Array = new Uint8Array();
  try {
    while (head.length < GZIP_MAGIC.length) {
      const { done, value } = await chunks.next();
      if (done === true) break;
      head = Buffer.concat([head, bytes(value)]);
    }
    const rest = async function* (): AsyncGenerator<Uint8Array> {
      if (head.length > 0) yield head;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield bytes(next.value);
    };
    yield* head[0] === GZIP_MAGIC[0] && head[1] === GZIP_MAGIC[1] ? gunzip(rest()) : rest();
  } finally {
    // Nobody reads on: an input that never ends must not keep the process.
    await chunks.return?.();
  }
}

async function* gunzip(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unzip = createGunzip();
  const feeding = (async () => {
    for await (const chunk of compressed) {
      if (!unzip.write(chunk)) await new Promise<void>((resolve) => unzip.once("drain", resolve));
      if (unzip.destroyed) return;
    }
    unzip.end();
  })().catch((cause: unknown) => unzip.destroy(cause as Error));
  try {
    for await (const chunk of unzip) yield chunk as Uint8Array;
    await feeding;
  } catch (cause) {
    throw new TapebellError(
      "outside",
      "damaged_input",
      `the compressed input is damaged: ${(cause as Error).message}`,
      {
        hint: "what came before the damage was used",
        cause,
      },
    );
  } finally {
    unzip.destroy();
  }
}
