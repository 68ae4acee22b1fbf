import { PassThrough, Readable, Writable } from "node:stream";
import { run } from "../main.ts";

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The records of the output. */
  readonly records: Record<string, unknown>[];
}

class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface CallOptions {
  readonly stdin?: string | Uint8Array | readonly (string | Uint8Array)[];
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** Runs a command in this process, with nothing of this process's surroundings. */
export async function call(argv: readonly string[], options: CallOptions = {}): Promise<Answer> {
  const { stdin = "", env = {}, cwd = "/nowhere" } = options;
  const stdout = new Sink();
  const stderr = new Sink();
  const pieces = typeof stdin === "string" || stdin instanceof Uint8Array ? [stdin] : stdin;
  const input =
    pieces.length === 0 ? new PassThrough().end() : Readable.from(pieces.map((piece) => Buffer.from(piece)));
  const code = await run(argv, { stdin: input, stdout, stderr, env, cwd });
  const lines = stdout.text.split("\n").filter((line) => line.startsWith("{"));
  return { code, out: stdout.text, err: stderr.text, records: lines.map((line) => JSON.parse(line)) };
}
