import { existsSync, readFileSync, writeFileSync } from "node:fs";
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

/** The Python that has what `requirements.txt` names, in an environment of its own made when a bench first needs it. */
export async function peerPython(folder: string): Promise<string> {
  const home = join(folder, ".venv");
  const python = join(home, "bin/python");
  const wanted = readFileSync(join(folder, "requirements.txt"), "utf8");
  const made = join(home, "requirements.txt");
  if (existsSync(made) && readFileSync(made, "utf8") === wanted) return python;
  console.error(`installing peers: ${wanted.trim().replaceAll("\n", ", ")}`);
  for (const command of [
    ["python3", "-m", "venv", home],
    [python, "-m", "pip", "install", "--quiet", "-r", join(folder, "requirements.txt")],
  ]) {
    const code = await Bun.spawn(command, { stdout: "ignore", stderr: "inherit" }).exited;
    if (code !== 0)
      throw new Error(`the Python peers could not be installed (${command.join(" ")} ended with ${code})`);
  }
  writeFileSync(made, wanted);
  return python;
}
