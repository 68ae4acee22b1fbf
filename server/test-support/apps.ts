import { afterEach } from "bun:test";
import type { Status } from "../../core/messages/index.ts";
import { type AppProcess, getJson, startApp, tempDir, until } from "./app-process.ts";

/** What the tests of a file start and make: gone when each of them ends, the newest first. */
export function appsOfEachTest(settings: Readonly<Record<string, string>> = {}) {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  return {
    atEnd(end: () => unknown): void {
      ends.push(end);
    },
    async dataDir(): Promise<string> {
      const { dir, remove } = await tempDir();
      ends.push(remove);
      return dir;
    },
    async start(own: Record<string, string>, options?: Parameters<typeof startApp>[1]): Promise<AppProcess> {
      const app = await startApp({ ...settings, ...own }, options);
      ends.push(() => app.kill());
      return app;
    },
  };
}

export const statusOf = (app: AppProcess): Promise<Status> => getJson(`${app.url}/api/status`);

/** Its feed is live, and its graph has come to it. */
export const ready = (app: AppProcess): Promise<Status> =>
  until(
    () => statusOf(app),
    (status) => status.ready && status.feed.state === "live" && status.lag < 1_000,
  );
