import { mkdir, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint, Checkpoints, Saved } from "../../core/ports/checkpoints.ts";
import { inText, inWords } from "./pieces.ts";

/** One more than one: if the newest cannot be read, the one before it replays a little more of the log. */
const KEPT = 2;
const FORMAT = "tapebell-checkpoint-2";

/**
 * A checkpoint is one file: a header line with a checksum, then the state, compressed. It is written beside its place, synced and
 * renamed, so that a reader sees a whole file or none.
 */
export async function openFileCheckpoints(dir: string): Promise<Checkpoints> {
  await mkdir(dir, { recursive: true });
  const sequence = new Map<string, number>();
  const busy = new Map<string, Promise<unknown>>();

  const filesOf = async (key: string): Promise<{ name: string; n: number }[]> => {
    const found: { name: string; n: number }[] = [];
    for (const name of await readdir(dir)) {
      const match = /^(.+)\.(\d+)\.ckpt$/.exec(name);
      if (match !== null && match[1] === key) found.push({ name, n: Number(match[2]) });
    }
    return found.sort((a, b) => b.n - a.n);
  };

  const write = async (key: string, parts: readonly Uint8Array[]): Promise<number> => {
    const older = await filesOf(key);
    const n = Math.max(older[0]?.n ?? 0, sequence.get(key) ?? 0) + 1;
    sequence.set(key, n);
    const path = join(dir, `${key}.${n}.ckpt`);
    const hasher = new Bun.CryptoHasher("sha256");
    for (const part of parts) hasher.update(part);
    const handle = await open(`${path}.new`, "w");
    let bytes = 0;
    try {
      for (const part of [Buffer.from(`${FORMAT} ${hasher.digest("hex")}\n`), ...parts])
        bytes += (await handle.write(part)).bytesWritten;
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
    for (const old of older.slice(KEPT - 1)) await unlink(join(dir, old.name)).catch(() => undefined);
    return bytes;
  };

  return {
    save(key, checkpoint) {
      assertKey(key);
      const words = inWords(checkpoint);
      const before = (busy.get(key) ?? Promise.resolve()).catch(() => undefined);
      const turn = before.then(async (): Promise<Saved> => {
        const { parts, busy_ms } = await words;
        return { bytes: await write(key, parts), busy_ms };
      });
      busy.set(key, turn);
      return turn;
    },
    async load(key) {
      assertKey(key);
      const found: Checkpoint[] = [];
      const problems: string[] = [];
      for (const { name } of await filesOf(key)) {
        const read = parse(await readFile(join(dir, name)).catch(() => Buffer.alloc(0)));
        if (typeof read === "string") problems.push(`checkpoint ${name}: ${read}; the one before it is used`);
        else found.push(read);
      }
      return { found, problems };
    },
    async close() {
      await Promise.allSettled(busy.values());
    },
  };
}

function assertKey(key: string): void {
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(key))
    throw new RangeError(`checkpoint key "${key}" must be letters, digits, - or _`);
}

function digest(body: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(body).digest("hex");
}

/** The checkpoint, or why it cannot be one. */
function parse(bytes: Buffer): Checkpoint | string {
  const end = bytes.indexOf("\n");
  const [format, sum] = bytes.toString("latin1", 0, Math.max(end, 0)).split(" ");
  if (format !== FORMAT) return "not a checkpoint of this version";
  const body = bytes.subarray(end + 1);
  if (sum !== digest(body)) return "its checksum does not match (torn or damaged)";
  const value: unknown = JSON.parse(inText(body));
  return isCheckpoint(value) ? value : "fields are missing";
}

function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== "object" || value === null) return false;
  const { log_id, position, code_version, settings_hash, saved_ms } = value as Record<string, unknown>;
  return (
    typeof log_id === "string" &&
    typeof position === "number" &&
    typeof code_version === "string" &&
    typeof settings_hash === "string" &&
    typeof saved_ms === "number" &&
    "state" in value
  );
}
