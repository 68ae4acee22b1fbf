import { applyMigrations, PUBLIC } from "../migrate.ts";
import { openEngine, senderOver } from "./engine.ts";
import type { FromMaker, Restored, ToMaker } from "./protocol.ts";
import { backupProblem, restoreBackup } from "./restore.ts";

/** Makes a database folder and fills it from the newest good backup, then ends: making one takes a gigabyte. */
declare const self: { onmessage: (event: MessageEvent<ToMaker>) => void };

self.onmessage = (event) => {
  make(event.data).then(
    (message) => postMessage(message),
    (cause: unknown) =>
      postMessage({ t: "failed", why: cause instanceof Error ? cause.message : String(cause) } satisfies FromMaker),
  );
};

async function make({ folder, backups }: ToMaker): Promise<FromMaker> {
  const engine = await openEngine(folder);
  const send = senderOver(engine);
  await applyMigrations(send, PUBLIC);
  const problems: string[] = [];
  let restored: Restored | null = null;
  for (const path of backups) {
    const problem = await backupProblem(path);
    if (problem === null) {
      restored = await restoreBackup(send, path);
      break;
    }
    problems.push(`backup ${path} cannot be used: ${problem}`);
  }
  await engine.close();
  return { t: "made", restored, problems };
}
