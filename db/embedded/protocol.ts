import type { StoredOffset } from "../../core/ports/store.ts";
import type { Param } from "../database.ts";

/** One statement for the embedded database; the answer comes back on the same port. */
export type Ask =
  | {
      readonly id: number;
      readonly t: "write" | "read";
      readonly text: string;
      readonly params: readonly Param[];
      readonly asArrays: boolean;
      readonly until_ms: number;
    }
  | { readonly id: number; readonly t: "health" };

export type Answer =
  | { readonly id: number; readonly rows: readonly unknown[] }
  | { readonly id: number; readonly fault: Fault }
  | {
      readonly id: number;
      readonly waiting: number;
      readonly damage: string | null;
      readonly backupProblem: string | null;
      readonly backup_ms: number | null;
    };

/** An error, as far as it crosses threads. */
export interface Fault {
  /** "server": the database's answer; "store": ours, with a kind and a hint. */
  readonly from: "server" | "transport" | "store";
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface BackupOptions {
  readonly folder: string;
  /** 0: only on request. */
  readonly every_ms: number;
  readonly keep: number;
}

export type ToDatabase =
  | { readonly t: "open"; readonly folder: string; readonly backup: BackupOptions }
  | { readonly t: "port"; readonly port: MessagePort }
  | { readonly t: "backup" }
  | { readonly t: "close" };

export type FromDatabase =
  | { readonly t: "open" }
  /** It cannot be opened or went on failing: its files are damaged. */
  | { readonly t: "broken"; readonly why: string }
  /** It cannot be opened for a reason outside of it. */
  | { readonly t: "failed"; readonly why: string }
  | { readonly t: "backup"; readonly file: string | null; readonly why: string | null }
  | { readonly t: "closed" };

/** Making a new database folder, in a thread of its own whose memory is given back. */
export interface ToMaker {
  readonly folder: string;
  /** Newest first; the first good one is restored. */
  readonly backups: readonly string[];
}

export type FromMaker =
  | { readonly t: "made"; readonly restored: Restored | null; readonly problems: readonly string[] }
  | { readonly t: "failed"; readonly why: string };

export interface Restored {
  readonly file: string;
  readonly created_ms: number;
  readonly rows: number;
  /** Where each reader goes on from. */
  readonly offsets: readonly StoredOffset[];
}
