import type { Origin } from "../core/messages/index.ts";

/** Records of different worlds never share a table; the world is also the origin its own records have. */
export type World = Exclude<Origin, "venue">;
export const WORLDS: readonly World[] = ["live", "synthetic", "replay"];
