import { existsSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dir, "..", "peers", ".venv");

/** A Python of the benches' own with these packages alone, made when it is first asked for. */
export async function pythonWith(packages: readonly string[]): Promise<string> {
  const python = join(FOLDER, "bin", "python");
  if (!existsSync(python)) await run(["python3", "-m", "venv", FOLDER]);
  const missing = await needed(python, packages);
  if (missing.length === 0) return python;
  console.error(`installing peers: ${missing.join(", ")}`);
  // Without what they depend on: only parts of them are read.
  await run([python, "-m", "pip", "install", "--quiet", "--no-deps", ...missing]);
  return python;
}

async function needed(python: string, packages: readonly string[]): Promise<string[]> {
  const text = await run([python, "-m", "pip", "list", "--format=freeze"]);
  const there = new Set(text.toLowerCase().replaceAll("_", "-").split("\n"));
  return packages.filter((one) => !there.has(one.toLowerCase()));
}

/** What it writes; what it is given comes on its standard input. */
export async function run(command: readonly string[], input = ""): Promise<string> {
  const child = Bun.spawn([...command], { stdin: new Blob([input]), stdout: "pipe", stderr: "inherit" });
  const [text, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  if (code !== 0) throw new Error(`${command.slice(0, 4).join(" ")} ended with ${code}: see above`);
  return text;
}
