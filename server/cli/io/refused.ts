import { createWriteStream, openSync, statSync } from "node:fs";
import { TapebellError } from "../../../core/errors.ts";
import type { DeadLetter } from "../../../core/messages/dead-letter.ts";
import type { Line } from "../../ndjson/lines.ts";
import { LineWriter } from "./streams.ts";

const RAW_MAX = 16_384;

/** Lines that are no records and records that were set aside: counted, said at the end, written to a file if asked for. */
export class Refused {
  private readonly file: LineWriter | null;
  private readonly reasons = new Map<string, number>();
  private first: string | null = null;
  bad = 0;

  constructor(
    private readonly where: string,
    path: string | undefined,
    /** What is being read: written over, it would be lost. */
    inputs: readonly string[] = [],
  ) {
    this.file = path === undefined ? null : new LineWriter(createWriteStream("", { fd: openForWriting(path, inputs) }));
  }

  async line(line: Line, why: string): Promise<void> {
    this.bad++;
    this.first ??= `line ${line.number}: ${why}`;
    await this.keep({
      kind: "dead_letter",
      id: `${this.where}|bad_line|${line.number}`,
      where: this.where,
      reason: "bad_line",
      detail: why.slice(0, 500),
      symbol: null,
      ts_ms: null,
      raw: line.text.slice(0, RAW_MAX),
    });
  }

  async letter(letter: DeadLetter): Promise<void> {
    this.reasons.set(letter.reason, (this.reasons.get(letter.reason) ?? 0) + 1);
    await this.keep(letter);
  }

  private async keep(letter: DeadLetter): Promise<void> {
    if (this.file?.add(JSON.stringify(letter)) === true) await this.file.flush();
  }

  async close(): Promise<void> {
    await this.file?.flush();
  }

  /** One line for the person, or null when there is nothing to say. `unused`: what was good and changed nothing. */
  summary(lines: number, unused: Readonly<Record<string, number>> = {}): string | null {
    const said: string[] = [];
    if (this.bad > 0) said.push(`${this.bad} of ${lines} lines could not be used (${this.first})`);
    if (this.reasons.size > 0) {
      const reasons = [...this.reasons].map(([reason, n]) => `${n} ${reason}`).join(", ");
      said.push(`set aside: ${reasons}`);
    }
    const idle = Object.entries(unused).filter(([, n]) => n > 0);
    if (idle.length > 0) said.push(`without effect: ${idle.map(([why, n]) => `${n} ${why}`).join(", ")}`);
    return said.length === 0 ? null : `${this.where}: ${said.join("; ")}`;
  }
}

function openForWriting(path: string, inputs: readonly string[]): number {
  if (inputs.some((input) => isSameFile(input, path)))
    throw new TapebellError("usage", "same_file", `--dead-letter ${path} is what is being read`, {
      hint: "give it a file of its own",
    });
  try {
    return openSync(path, "w");
  } catch (cause) {
    throw new TapebellError("usage", "dead_letter_file", `--dead-letter ${path} cannot be written`, {
      hint: (cause as Error).message,
      cause,
    });
  }
}

function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}
