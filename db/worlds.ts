import type { Origin } from "../core/messages/index.ts";

/** Records of different worlds never share a table; the world is also the origin its own records have. */
export type World = Exclude<Origin, "venue">;

/** Those a database server may hold. A replay is made again from its source: its store is a file of its own. */
export const KEPT_WORLDS = ["live", "synthetic"] as const satisfies readonly World[];
export type KeptWorld = (typeof KEPT_WORLDS)[number];
