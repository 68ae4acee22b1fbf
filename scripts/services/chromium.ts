import { findChromium } from "../../server/cli/doctor/chromium.ts";
import type { Service, ServiceContext, ServiceReady } from "./service.ts";

/** The browser of the e2e tests: the system's own. Tests start and end it themselves. */
export const chromium: Service = {
  name: "chromium",
  async ensure(context: ServiceContext): Promise<ServiceReady> {
    let path = findChromium(process.env);
    if (path === null && context.provision) {
      context.say("installing chromium");
      await context.aptInstall(["chromium"]);
      path = findChromium(process.env);
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
