import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TapebellError } from "../../core/errors.ts";
import type { StopSignal } from "../../core/ports/signal.ts";
import type { StoredOffset } from "../../core/ports/store.ts";
import { listBackups } from "./backup.ts";
import type { BackupOptions, FromDatabase, FromMaker, ToDatabase, ToMaker } from "./protocol.ts";

export interface EmbeddedOptions {
  /** The database's folder; whoever opens it holds the lock of the data folder. */
  readonly folder: string;
  readonly backups: string;
  /** How often a backup is made (0: only on request). */
  readonly backup_every_ms?: number;
  readonly backups_kept?: number;
  /** How long opening may take. */
  readonly start_ms?: number;
  /** Whoever waits for the opening wants it no more; what was half made is made again by the next start. */
  readonly signal?: StopSignal;
}

/** What was done because the database could not be opened. */
export interface Recovery {
  readonly why: string;
  /** Where the damaged files are now. */
  readonly moved_to: string | null;
  readonly backup: { readonly file: string; readonly created_ms: number; readonly rows: number } | null;
  /** Every reader goes on from here; a reader not named starts at the log's beginning. */
  readonly replay_from: readonly StoredOffset[];
  /** Backups that could not be used, and why. */
  readonly problems: readonly string[];
}

export interface EmbeddedDatabase {
  /** A new port for one role; hand it to `openStore` there. */
  port(): MessagePort;
  readonly recovery: Recovery | null;
  /** Resolves with the reason when the running database turns out damaged; the next start restores it. */
  readonly broken: Promise<string>;
  /** Makes a backup now; the path of the file. */
  backup(): Promise<string>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const CLOSE_MS = 10_000;

/** Opens the embedded database in a thread of its own; makes it where there is none, restores it where it is damaged. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  mkdirSync(dirname(options.folder), { recursive: true });
  const marker = `${options.folder}.broken`;
  let damage = readIfThere(marker);
  let recovery: Recovery | null = null;
  for (let attempt = 1; ; attempt++) {
    if (damage !== null || !existsSync(options.folder)) recovery = await make(options, damage);
    rmSync(marker, { force: true });
    const opened = await open(options, recovery, marker);
    if (typeof opened !== "string") return opened;
    if (attempt === 2)
      throw new TapebellError(
        "corrupt",
        "store_broken",
        `the embedded database cannot be opened, even made anew: ${opened}`,
        {
          hint: `look at the disk of ${options.folder}`,
        },
      );
    damage = opened;
  }
}

/** A new folder under another name first: a crash in between leaves nothing half made in its place. */
async function make(options: EmbeddedOptions, damage: string | null): Promise<Recovery | null> {
  const fresh = `${options.folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const backups = listBackups(options.backups);
  const worker = new Worker(new URL("./maker.ts", import.meta.url).href);
  const made = await firstMessage<FromMaker>(worker, options, () =>
    worker.postMessage({ folder: fresh, backups } satisfies ToMaker),
  );
  worker.terminate();
  if (made.t === "failed")
    throw new TapebellError(
      "outside",
      "store_not_made",
      `the embedded database cannot be made in ${fresh}: ${made.why}`,
      {
        hint: "check free space and rights of the data folder",
      },
    );
  let moved_to: string | null = null;
  if (existsSync(options.folder)) {
    moved_to = `${options.folder}.broken-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
    renameSync(options.folder, moved_to);
  }
  renameSync(fresh, options.folder);
  if (damage === null && made.restored === null && made.problems.length === 0) return null;
  const { restored } = made;
  return {
    why: damage ?? "the database's folder was missing",
    moved_to,
    backup: restored === null ? null : { file: restored.file, created_ms: restored.created_ms, rows: restored.rows },
    replay_from: restored?.offsets ?? [],
    problems: made.problems,
  };
}

/** The open database, or why it is damaged. */
async function open(
  options: EmbeddedOptions,
  recovery: Recovery | null,
  marker: string,
): Promise<EmbeddedDatabase | string> {
  const worker = new Worker(new URL("./thread.ts", import.meta.url).href);
  const tell = (message: ToDatabase, transfer: MessagePort[] = []): void => worker.postMessage(message, transfer);
  const backup: BackupOptions = {
    folder: options.backups,
    every_ms: options.backup_every_ms ?? HOUR_MS,
    keep: options.backups_kept ?? 3,
  };
  const first = await firstMessage<FromDatabase>(worker, options, () =>
    tell({ t: "open", folder: options.folder, backup }),
  );
  if (first.t !== "open") {
    worker.terminate();
    const why = "why" in first ? String(first.why) : "it did not open";
    if (first.t === "broken") return why;
    throw new TapebellError(
      "outside",
      "store_not_opened",
      `the embedded database in ${options.folder} cannot be opened: ${why}`,
      {
        hint: "check free space, memory and rights of the data folder",
      },
    );
  }

  const broken = Promise.withResolvers<string>();
  const closed = Promise.withResolvers<void>();
  const backups: ((message: Extract<FromDatabase, { t: "backup" }>) => void)[] = [];
  const breaks = (why: string): void => {
    writeFileSync(marker, why);
    broken.resolve(why);
  };
  worker.onmessage = (event: MessageEvent<FromDatabase>) => {
    const message = event.data;
    if (message.t === "broken") breaks(message.why);
    else if (message.t === "backup") backups.shift()?.(message);
    else if (message.t === "closed") closed.resolve();
  };
  worker.onerror = (event) => broken.resolve(event.message);

  return {
    recovery,
    broken: broken.promise,
    port() {
      const { port1, port2 } = new MessageChannel();
      tell({ t: "port", port: port1 }, [port1]);
      return port2;
    },
    backup: () =>
      new Promise((resolve, reject) => {
        backups.push(({ file, why }) => {
          if (file !== null) resolve(file);
          else reject(new TapebellError("outside", "backup_failed", `no backup was made: ${why ?? "unknown"}`));
        });
        tell({ t: "backup" });
      }),
    async close() {
      tell({ t: "close" });
      await Promise.race([closed.promise, Bun.sleep(CLOSE_MS)]);
      worker.terminate();
    },
  };
}

function firstMessage<T>(worker: Worker, options: EmbeddedOptions, begin: () => void): Promise<T> {
  const limit_ms = options.start_ms ?? 60_000;
  return new Promise<T>((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", unwanted);
    };
    const unwanted = (): void => {
      settle();
      worker.terminate();
      reject(new TapebellError("outside", "store_not_wanted", "the process stopped while the database was opened"));
    };
    const timer = setTimeout(() => {
      settle();
      worker.terminate();
      reject(
        new TapebellError("outside", "store_slow", `the embedded database did not open within ${limit_ms} ms`, {
          hint: "the machine or its disk is overloaded; try again",
        }),
      );
    }, limit_ms);
    worker.onmessage = (event: MessageEvent<T>) => {
      settle();
      resolve(event.data);
    };
    worker.onerror = (event) => {
      settle();
      reject(new TapebellError("bug", "store_thread", `the database's thread fell: ${event.message}`));
    };
    if (options.signal?.aborted) return unwanted();
    options.signal?.addEventListener("abort", unwanted);
    begin();
  });
}

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** Where a data folder keeps its store. */
export function embeddedIn(dir: string): Pick<EmbeddedOptions, "folder" | "backups"> {
  return { folder: join(dir, "store"), backups: join(dir, "backup") };
}
