import type { Settings } from "../../core/settings/index.ts";
import type { StoreAddress, World } from "../../db/index.ts";

/** Roles a process can run. `serve` is the main thread itself; the others are worker threads. */
export const ROLES = ["ingest", "aggregate", "infer", "profiles", "persist", "serve"] as const;
export type Role = (typeof ROLES)[number];
export type ThreadRole = Exclude<Role, "serve">;

/** All a worker thread is told. */
export type ToThread =
  | {
      readonly t: "init";
      readonly role: ThreadRole;
      readonly settings: Settings;
      readonly origin: World;
      /** The folder of this origin's data (`DATA_DIR/live` or `DATA_DIR/synthetic`). */
      readonly dir: string;
      readonly bus: MessagePort;
      /** When this process opened its log: what stands behind that is news to whoever begins to read it now. */
      readonly started_ms: number;
      /** For roles that write to the store. */
      readonly store: StoreAddress | null;
    }
  | { readonly t: "stop" }
  /** The URL has been printed: from here the synthetic market's acts count. */
  | { readonly t: "announced"; readonly at_ms: number };

/** All a worker thread tells. */
export type FromThread =
  | { readonly t: "ready" }
  | { readonly t: "stopped" }
  | { readonly t: "failed"; readonly code: string; readonly message: string; readonly hint: string | null };
