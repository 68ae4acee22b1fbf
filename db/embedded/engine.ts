import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import type { Send } from "../client-face.ts";
import { isServerError } from "../faults.ts";

const asIs = (value: string): string => value;

/** The defaults are made for a large server; this is one user beside everything else in one process. */
const SETTINGS = ["shared_buffers=16MB", "max_wal_size=64MB", "min_wal_size=32MB", "TimeZone=UTC"];

const OPTIONS: PGliteOptions = {
  startParams: [...PGlite.defaultStartParams, ...SETTINGS.flatMap((setting) => ["-c", setting])],
  // As the server's driver gives them: whole numbers and times as text.
  parsers: { 20: asIs, 1082: asIs, 1114: asIs, 1184: asIs, 1700: asIs },
};

export async function openEngine(folder: string): Promise<PGlite> {
  return await PGlite.create(folder, OPTIONS);
}

export function senderOver(engine: PGlite): Send {
  return async (text, params, asArrays) => {
    try {
      return (await engine.query(text, [...params], { rowMode: asArrays ? "array" : "object" })).rows;
    } catch (cause) {
      throw known(cause);
    }
  };
}

/** The engine's errors under the name the driver of the real server gives them: one table explains both. */
function known(cause: unknown): unknown {
  const { code, message, severity } = cause as { code?: unknown; message?: unknown; severity?: unknown };
  if (typeof code !== "string" || code.length !== 5) return cause;
  return Object.assign(new Error(String(message)), { name: "PostgresError", code, severity });
}

/** Damaged pages or files, or an engine that has fallen over: nothing more can be trusted to it. */
export function isBroken(cause: unknown): boolean {
  if (isServerError(cause)) return /^(XX00[12]|58P01)$/.test(cause.code);
  if (cause instanceof WebAssembly.RuntimeError) return true;
  const { name, message } = cause as { name?: unknown; message?: unknown };
  return name === "ExitStatus" || /Aborted\(|unreachable|out of bounds|PGlite failed/i.test(String(message));
}

/** Not the data's fault: rights, space, open files. */
export function isEnvironment(cause: unknown): boolean {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return (
    /^(EACCES|EPERM|ENOSPC|EROFS|EMFILE|ENFILE|ENOMEM|EDQUOT)$/.test(String(code)) ||
    /out of memory/i.test(String(message))
  );
}
