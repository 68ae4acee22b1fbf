import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Peers are no dependencies of ours: what `peers/package.json` names is installed there when a bench first runs. */
export async function installPeers(folder: string): Promise<string[]> {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  const missing = Object.keys(dependencies).filter((name) => !existsSync(join(folder, "node_modules", name)));
  if (missing.length === 0) return [];
  console.error(`installing peers: ${missing.join(", ")}`);
  const child = Bun.spawn([process.execPath, "install"], { cwd: folder, stdout: "ignore", stderr: "inherit" });
  const code = await child.exited;
  if (code !== 0) throw new Error(`the peers could not be installed (bun install ended with ${code}): see above`);
  return missing;
}
