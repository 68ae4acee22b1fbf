import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import packageFile from "../../../package.json";
import { BUILT_PAGE, servePage } from "../../http/page.ts";
import { findChromium } from "./chromium.ts";
import { type Finding, ok, problem } from "./finding.ts";

const GIB = 1024 ** 3;
const FREE_MIN = 2 * GIB;

export function bun(version = process.versions.bun): Finding {
  const pinned = packageFile.devDependencies.bun;
  if (version === pinned) return ok(`Bun ${version}`);
  return {
    ok: false,
    text: `Bun ${version ?? "none"} runs this, tested is ${pinned}`,
    mend: `run it with npx -y bun@${pinned}, or node_modules/.bin/bun`,
  };
}

export async function page(folder = BUILT_PAGE): Promise<Finding> {
  const isThere = existsSync(folder) && (await servePage(folder)) !== null;
  if (isThere) return ok(`page: built in ${folder}`);
  return {
    ok: false,
    text: `page: not built (${folder}); \`start\` serves the API alone`,
    mend: "run `bun run build`, or use `bun run dev`",
  };
}

/** The folder need not be there yet: what counts is the disk it will be on. */
export async function disk(folder: string, enough = FREE_MIN): Promise<Finding> {
  let there = resolve(folder);
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  try {
    const { bavail, bsize } = await statfs(there);
    const free = bavail * bsize;
    const text = `disk: ${(free / GIB).toFixed(1)} GiB free for ${folder}`;
    if (free >= enough) return ok(text);
    return { ok: false, text, mend: `make room for at least ${enough / GIB} GiB, or set DATA_DIR to another disk` };
  } catch (cause) {
    return problem("disk", cause);
  }
}

export function chromium(env: Readonly<Record<string, string | undefined>>): Finding {
  const path = findChromium(env);
  if (path !== null) return ok(`browser for the tests: ${path}`);
  const named = env.CHROMIUM_PATH ?? "";
  if (named !== "")
    return {
      ok: false,
      text: `browser for the tests: CHROMIUM_PATH=${named} does not start`,
      mend: "set it to a Chromium or Chrome that does, or unset it",
    };
  return {
    ok: true,
    text: "browser for the tests: none found; only `bun run test:e2e` needs one",
    mend: "install Chromium or Chrome, or set CHROMIUM_PATH",
  };
}
