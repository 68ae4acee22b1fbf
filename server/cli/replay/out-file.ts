import { createWriteStream, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { TapebellError } from "../../../core/errors.ts";
import type { Bar } from "../../../core/messages/bar.ts";
import type { Bin } from "../../../core/messages/bin.ts";
import type { DeadLetter } from "../../../core/messages/dead-letter.ts";
import type { CaptureOut } from "../../feeds/replay/capture.ts";
import { Refused } from "../io/refused.ts";
import { LineWriter } from "../io/streams.ts";

const LETTERS_MAX = 64;

/** A file of records, written anew. */
class OutFile {
  lines = 0;
  private readonly writer: LineWriter;

  constructor(
    option: string,
    private readonly path: string,
  ) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.writer = new LineWriter(createWriteStream("", { fd: openSync(path, "w") }));
    } catch (cause) {
      throw new TapebellError("usage", "output_file", `${option} ${path} cannot be written`, {
        hint: (cause as Error).message,
        cause,
      });
    }
  }

  /** True when there is enough to be flushed. */
  add(record: object): boolean {
    this.lines++;
    return this.writer.add(JSON.stringify(record));
  }

  async flush(): Promise<void> {
    try {
      await this.writer.flush();
    } catch (cause) {
      throw new TapebellError("outside", "output_failed", `${this.path} cannot be written any further`, {
        hint: (cause as Error).message,
        cause,
      });
    }
  }
}

export interface Paths {
  readonly bins: string;
  readonly bars: string;
  readonly deadLetter: string;
}

/** The three files of a capture; never more in memory than one piece of each. */
export class OutFiles implements CaptureOut {
  readonly refused: Refused;
  private readonly bins: OutFile;
  private readonly bars: OutFile;
  private readonly letters: DeadLetter[] = [];
  private isFull = false;

  constructor(private readonly paths: Paths) {
    this.bins = new OutFile("--bins", paths.bins);
    this.bars = new OutFile("--bars", paths.bars);
    mkdirSync(dirname(paths.deadLetter), { recursive: true });
    this.refused = new Refused("replay capture", paths.deadLetter);
  }

  bin(bin: Bin): void {
    if (this.bins.add(bin)) this.isFull = true;
  }

  bar(bar: Bar): void {
    if (this.bars.add(bar)) this.isFull = true;
  }

  letter(letter: DeadLetter): void {
    this.letters.push(letter);
  }

  /** There is enough to be flushed. */
  get isDue(): boolean {
    return this.isFull || this.letters.length >= LETTERS_MAX;
  }

  async flush(): Promise<void> {
    for (const letter of this.letters.splice(0)) await this.refused.letter(letter);
    this.isFull = false;
    await this.bins.flush();
    await this.bars.flush();
    await this.refused.close();
  }

  inWords(): string {
    return `${this.bins.lines} bins to ${this.paths.bins}, ${this.bars.lines} bars to ${this.paths.bars}`;
  }
}
