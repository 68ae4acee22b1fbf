import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../core/settings/index.ts";
import type { World } from "../db/index.ts";
import { replaySource } from "./feeds/replay/which.ts";

/** What stands before the topics' names of a world. */
export const PREFIX: Readonly<Record<World, string>> = { live: "", synthetic: "synthetic.", replay: "replay." };

type Where = Pick<Settings, "DATA_DIR" | "FEED" | "REPLAY_FILE" | "MOCK_API_URL">;

/** Where the data of a world is. Each recording has a world of its own. */
export function worldDir(settings: Where, world: World): string {
  const folder = join(settings.DATA_DIR, world);
  if (world !== "replay") return folder;
  return join(folder, settings.FEED === "replay" ? replaySource(settings).id : newestIn(folder));
}

/** Where the embedded log keeps a topic of a world. */
export const logFolder = (settings: Where, world: World, topic: string): string =>
  join(worldDir(settings, world), "bus", `${PREFIX[world]}${topic}`);

/** When something changed there; 0 when there is nothing. */
export const changed_ms = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The recording that was played last. */
function newestIn(folder: string): string {
  if (changed_ms(folder) === 0) return "none";
  const names = readdirSync(folder);
  return names.reduce((a, b) => (changed_ms(join(folder, b)) > changed_ms(join(folder, a)) ? b : a), "none");
}
