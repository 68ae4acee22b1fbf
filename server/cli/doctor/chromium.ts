import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC_PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The system's own browser, the one that CHROMIUM_PATH names if it names one; null when none starts. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | null {
  const named = env.CHROMIUM_PATH;
  if (named !== undefined && named !== "") return starts(named) ? named : null;
  const PATH = env.PATH ?? "";
  const candidates = [
    ...NAMES.map((name) => Bun.which(name, { PATH })),
    ...MAC_PATHS.filter((path) => existsSync(path)),
  ];
  return candidates.find((path) => path !== null && starts(path)) ?? null;
}

/** Some distributions install a script of that name which only tells where to get the browser. */
function starts(path: string): boolean {
  const answer = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 20_000 });
  return answer.status === 0 && /\d+\.\d+/.test(answer.stdout ?? "");
}
