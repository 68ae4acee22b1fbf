import type { Readable, Writable } from "node:stream";

/** What a command touches of the world outside; tests hand in their own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The reader of our output has gone (`| head`): there is nothing more to do, and nothing is wrong. */
export class OutputClosed extends Error {}

const CHUNK = 64 * 1024;

/** Lines to a stream in large pieces, never more than one piece ahead of who reads them. */
export class LineWriter {
  private waiting: string[] = [];
  private size = 0;
  private failure: Error | null = null;

  constructor(private readonly out: Writable) {
    out.on("error", (error: NodeJS.ErrnoException) => {
      this.failure ??= error.code === "EPIPE" ? new OutputClosed() : error;
    });
  }

  /** True when there is enough to be flushed. */
  add(line: string): boolean {
    this.waiting.push(line, "\n");
    this.size += line.length + 1;
    return this.size >= CHUNK;
  }

  async flush(): Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (this.size === 0) return;
    const text = this.waiting.join("");
    this.waiting = [];
    this.size = 0;
    await new Promise<void>((resolve, reject) => {
      this.out.write(text, (error?: NodeJS.ErrnoException | null) => {
        if (error === null || error === undefined) resolve();
        else reject(error.code === "EPIPE" ? new OutputClosed() : error);
      });
    });
    if (this.failure !== null) throw this.failure;
  }
}
