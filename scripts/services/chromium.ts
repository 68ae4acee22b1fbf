import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findProgram } from "../testing/provision.ts";
import type { Service, ServiceContext, ServiceReady } from "./service.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC_PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Some distributions install a script of that name which only tells where to get the browser. */
function starts(path: string): boolean {
  const answer = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 20_000 });
  return answer.status === 0 && /\d+\.\d+/.test(answer.stdout ?? "");
}

function find(): string | null {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== "") return starts(named) ? named : null;
  const candidates = [...NAMES.map(findProgram), ...MAC_PATHS.filter((path) => existsSync(path))];
  return candidates.find((path) => path !== null && starts(path)) ?? null;
}

/** The browser of the e2e tests: the system's own. Tests start and end it themselves. */
export const chromium: Service = {
  name: "chromium",
  async ensure(context: ServiceContext): Promise<ServiceReady> {
    let path = find();
    if (path === null && context.provision) {
      context.say("installing chromium");
      await context.aptInstall(["chromium"]);
      path = find();
    }
    if (path !== null) return { ok: true, env: { CHROMIUM_PATH: path } };
    return {
      ok: false,
      reason: "no Chromium or Chrome was found",
      howToGet:
        "install it (Debian: apt-get install chromium; macOS: brew install --cask chromium) or set CHROMIUM_PATH",
    };
  },
  async stop() {},
};
