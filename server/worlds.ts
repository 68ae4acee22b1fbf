import { join } from "node:path";
import type { Settings } from "../core/settings/index.ts";
import { WORLDS, type World } from "../db/index.ts";

/** What stands before the topics' names of a world. */
export const PREFIX: Readonly<Record<World, string>> = { live: "", synthetic: "synthetic.", replay: "replay." };

/** Where the data of a world is. */
export const worldDir = (dataDir: string, world: World): string => join(dataDir, world);

/** Where the embedded log keeps a topic of a world. */
export const logFolder = (dataDir: string, world: World, topic: string): string =>
  join(worldDir(dataDir, world), "bus", `${PREFIX[world]}${topic}`);

/** Whose tables a server should hold: a replay's are made when the first one runs. */
export const worldsOnServer = (feed: Settings["FEED"], applied: Readonly<Record<World, number>>): readonly World[] =>
  WORLDS.filter((world) => world !== "replay" || feed === "replay" || applied[world] > 0);
