import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { TapebellError } from "../../../core/errors.ts";

const compress = promisify(gzip);
/** So much is compressed together, when it comes fast. */
const PIECE = 256 * 1024;
/** A disk that takes no more than the venue sends may fall behind by so much; then frames are left out, and said. */
const WAITING_MAX = 64 * 1024 * 1024;

/**
 * A recording on its way to disk, a line each. What stands there is whole lines, also after a disk that is full: the
 * file is cut back to them. A name that ends in .gz gets pieces that are archives each, so a kill costs the last one only.
 */
export class RecordingFile {
  /** On disk. */
  bytes = 0;
  lost = 0;
  private waiting: string[] = [];
  private size = 0;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<RecordingFile> {
    const known = await stat(path).catch(() => null);
    // A pipe or a device is written to; a file that holds something is not.
    if (known?.isFile() === true && known.size > 0)
      throw new TapebellError("usage", "output_exists", `${path} is there already`, {
        hint: "give --out another name",
      });
    try {
      await mkdir(dirname(path), { recursive: true });
      return new RecordingFile(path, await open(path, "w"));
    } catch (cause) {
      throw new TapebellError("usage", "output_file", `--out ${path} cannot be written`, {
        hint: (cause as Error).message,
        cause,
      });
    }
  }

  add(line: string): void {
    if (this.size > WAITING_MAX) {
      this.lost++;
      return;
    }
    // Between the parts of a frame a line's end is but white space; within its texts it is never bare.
    this.waiting.push(/[\r\n]/.test(line) ? line.replace(/[\r\n]+/g, " ") : line);
    this.size += line.length + 1;
  }

  get isDue(): boolean {
    return this.size >= PIECE;
  }

  async flush(): Promise<void> {
    if (this.waiting.length === 0) return;
    const text = `${this.waiting.join("\n")}\n`;
    this.waiting = [];
    this.size = 0;
    const isArchive = this.path.endsWith(".gz");
    const piece = isArchive ? await compress(text) : Buffer.from(text);
    let at = 0;
    try {
      while (at < piece.length) at += (await this.file.write(piece, at)).bytesWritten;
      this.bytes += piece.length;
    } catch (cause) {
      if (!isArchive && at > 0) this.bytes += piece.lastIndexOf("\n", at - 1) + 1;
      await this.file.truncate(this.bytes).catch(() => undefined);
      throw new TapebellError("outside", "output_failed", `${this.path} cannot be written any further`, {
        hint: `${(cause as Error).message}; what stands there is whole`,
        cause,
      });
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
