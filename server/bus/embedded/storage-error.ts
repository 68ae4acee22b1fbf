import { SQLiteError } from "bun:sqlite";
import { TapebellError } from "../../../core/errors.ts";

/** The file itself is bad: a wrong checksum, or pages SQLite cannot make sense of. */
export class Damage extends Error {}

export function isDamage(error: unknown): boolean {
  if (error instanceof Damage) return true;
  if (!(error instanceof SQLiteError)) return false;
  const code = error.code ?? "";
  return /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(code) || /^no such (table|column)/.test(error.message);
}

/** What the disk refused, as something a person can act on. */
export function storageError(topic: string, path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const fail = (name: string, what: string, hint: string) =>
    new TapebellError("outside", name, `topic ${topic} cannot be stored: ${what} (${path})`, { hint, cause: error });
  if (/FULL|ENOSPC|EDQUOT|EFBIG/.test(code))
    return fail("bus_disk_full", "the disk is full", "make room; nothing that was acked is lost, publish again then");
  if (/READONLY|CANTOPEN|PERM|EROFS|EACCES|ENOENT|ENOTDIR|EEXIST/.test(code))
    return fail(
      "bus_not_writable",
      `the folder cannot be written (${code})`,
      "give this user write access to DATA_DIR",
    );
  if (/BUSY|LOCKED|CONSTRAINT/.test(code))
    return fail("bus_second_writer", `another writer is at work (${code})`, "run one process per DATA_DIR");
  if (/IOERR|EIO/.test(code)) return fail("bus_disk_failed", `the disk failed (${code})`, "look at the disk's health");
  return error;
}
