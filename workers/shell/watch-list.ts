import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SymbolName, type Watched } from "../../core/messages/index.ts";

const FILE = "watch-list.json";
const NAMES_MAX = 2_000;

const Changes = z.object({
  added: z.array(SymbolName).max(NAMES_MAX),
  removed: z.array(SymbolName).max(NAMES_MAX),
});
/** What a person has added to and removed from the symbols of the settings. */
export type Changes = z.infer<typeof Changes>;

/** Remembered in this origin's folder. A file that cannot be read counts as empty, and is said. */
export class WatchList {
  private constructor(
    private readonly dir: string,
    public changes: Changes,
  ) {}

  static async load(dir: string, onProblem: (text: string) => void): Promise<WatchList> {
    const path = join(dir, FILE);
    let changes: Changes = { added: [], removed: [] };
    try {
      changes = Changes.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (cause) {
      const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
      if (!isMissing) onProblem(`${path} cannot be read, so symbols added or removed by hand are forgotten`);
    }
    return new WatchList(dir, changes);
  }

  /** Notes what was done; written before anyone is told of it. */
  async note(done: readonly Watched[]): Promise<void> {
    const added = new Set(this.changes.added);
    const removed = new Set(this.changes.removed);
    for (const { symbol, outcome } of done) {
      if (outcome === "added") {
        added.add(symbol);
        removed.delete(symbol);
      } else if (outcome === "removed") {
        added.delete(symbol);
        removed.add(symbol);
      }
    }
    const changes = { added: [...added].slice(-NAMES_MAX), removed: [...removed].slice(-NAMES_MAX) };
    if (JSON.stringify(changes) === JSON.stringify(this.changes)) return;
    this.changes = changes;
    await mkdir(this.dir, { recursive: true });
    const path = join(this.dir, FILE);
    const file = await open(`${path}.new`, "w");
    try {
      await file.write(`${JSON.stringify(changes, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }
}
