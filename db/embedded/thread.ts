import type { PGlite } from "@electric-sql/pglite";
import { TapebellError } from "../../core/errors.ts";
import type { Send } from "../client-face.ts";
import { applyMigrations, PUBLIC } from "../migrate.ts";
import { newestBackupTime, writeBackup } from "./backup.ts";
import { isBroken, isEnvironment, openEngine, senderOver } from "./engine.ts";
import { toFault } from "./engine-faults.ts";
import type { Answer, Ask, BackupOptions, FromDatabase, ToDatabase } from "./protocol.ts";
import { touchEveryTable } from "./tables.ts";
import { Turns } from "./turns.ts";

/** The thread that owns the embedded database: statements come in on ports, one at a time runs. */
const WAITING_MAX = 1_000;
/** Not at once after the start, when everything else begins too. */
const FIRST_BACKUP_MS = 60_000;
const ROWS_PER_COLLECTION = 16_000;
const FAR_FUTURE_MS = 8.64e15;

declare const self: { onmessage: (event: MessageEvent<ToDatabase>) => void };
const tell = (message: FromDatabase): void => postMessage(message);
const turns = new Turns(WAITING_MAX);
let engine: PGlite | null = null;
let send: Send | null = null;
let broken: string | null = null;
let backup: BackupOptions | null = null;
let backup_ms: number | null = null;
let backupTimer: Timer | undefined;
let backupRuns = false;
let answeredRows = 0;
let backupProblem: string | null = null;

self.onmessage = (event) => {
  const message = event.data;
  if (message.t === "open") void open(message.folder, message.backup);
  else if (message.t === "port") serve(message.port);
  else if (message.t === "backup") void makeBackup();
  else void close();
};

async function open(folder: string, options: BackupOptions): Promise<void> {
  try {
    engine = await openEngine(folder);
    send = senderOver(engine);
    await applyMigrations(send, PUBLIC);
    await touchEveryTable(send);
    backup = options;
    backup_ms = newestBackupTime(options.folder);
    planBackup();
    tell({ t: "open" });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    tell({ t: isBroken(cause) || (!isEnvironment(cause) && engine === null) ? "broken" : "failed", why });
  }
}

/** By the age of the newest one: a process that is restarted often still makes its backups. */
function planBackup(): void {
  if (backup === null || backup.every_ms === 0) return;
  const due_ms = Math.max(FIRST_BACKUP_MS, (backup_ms ?? 0) + backup.every_ms - Date.now());
  backupTimer = setTimeout(() => void makeBackup().then(planBackup), due_ms);
}

function serve(port: MessagePort): void {
  port.onmessage = (event) => {
    const ask = event.data as Ask;
    const answer = (reply: Answer): void => port.postMessage(reply);
    if (ask.t === "health")
      return answer({ id: ask.id, waiting: turns.waiting, damage: broken, backupProblem, backup_ms });
    turns
      .take(ask.t, ask.until_ms, () => statement(ask.text, ask.params, ask.asArrays))
      .then(
        (rows) => answer({ id: ask.id, rows }),
        (cause: unknown) => answer({ id: ask.id, fault: toFault(cause) }),
      );
  };
}

async function statement(...[text, params, asArrays]: Parameters<Send>): Promise<readonly unknown[]> {
  if (send === null || broken !== null)
    throw new TapebellError("corrupt", "store_broken", `the embedded database is damaged: ${broken ?? "not open"}`, {
      hint: "restart: it is moved aside and restored from the newest backup and the log",
    });
  try {
    const rows = await send(text, params, asArrays);
    collect(rows.length);
    return rows;
  } catch (cause) {
    if (isBroken(cause)) {
      broken = (cause as Error).message;
      tell({ t: "broken", why: broken });
    }
    throw cause;
  }
}

/** The engine's answers are large and short-lived; left to itself the collector lets most of a gigabyte gather. */
function collect(rows: number): void {
  answeredRows += rows;
  if (answeredRows < ROWS_PER_COLLECTION) return;
  answeredRows = 0;
  Bun.gc(true);
}

/** Page by page, each page a reader's turn, so that writers go on. */
async function makeBackup(): Promise<void> {
  if (backup === null || backupRuns) return tell({ t: "backup", file: null, why: "another backup is being made" });
  backupRuns = true;
  try {
    const file = await writeBackup(
      (text, params, asArrays) => turns.take("read", FAR_FUTURE_MS, () => statement(text, params, asArrays)),
      backup,
      Date.now(),
    );
    backup_ms = Date.now();
    tell({ t: "backup", file, why: null });
    backupProblem = null;
  } catch (cause) {
    backupProblem = cause instanceof Error ? cause.message : String(cause);
    tell({ t: "backup", file: null, why: backupProblem });
  } finally {
    backupRuns = false;
  }
}

async function close(): Promise<void> {
  clearTimeout(backupTimer);
  await turns.drained();
  await engine?.close().catch(() => undefined);
  tell({ t: "closed" });
}
