import { expect, test } from "bun:test";
import { runToEnd } from "./test-support/app-process.ts";
import { appsOfEachTest, ready } from "./test-support/apps.ts";

const { dataDir, start } = appsOfEachTest({ SYNTHETIC_SCENARIO: "quiet" });

test("an unknown key or a bad value ends the start with 2 and names key, value and what is allowed", async () => {
  const dir = await dataDir();
  const bad = await runToEnd({ DATA_DIR: dir, HEARTBEAT_MS: "soon" });
  expect(bad.code).toBe(2);
  expect(bad.stderr).toContain("HEARTBEAT_MS");
  expect(bad.stderr).toContain("soon");
  expect(bad.stderr.trim().split("\n")).toHaveLength(1);
  const unknown = await runToEnd({ DATA_DIR: dir }, ["--hartbeat-ms", "100"]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain("hartbeat-ms");
  expect(unknown.stderr).toContain("--heartbeat-ms");
  const role = await runToEnd({ DATA_DIR: dir }, ["--roles", "ingest,barista"]);
  expect(role.code).toBe(2);
  expect(role.stderr).toContain("barista");
}, 60_000);

test("listening for other machines without a key is refused", async () => {
  const refused = await runToEnd({ DATA_DIR: await dataDir(), HOST: "0.0.0.0" });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("API_KEYS");
}, 60_000);

test("a busy port ends `start` with 2 and says so; `dev` takes the next one", async () => {
  const first = await start({ DATA_DIR: await dataDir() });
  const { port } = new URL(first.url);
  const second = await runToEnd({ DATA_DIR: await dataDir(), PORT: port });
  expect(second.code).toBe(2);
  expect(second.stderr).toContain(port);
  const dev = await start({ DATA_DIR: await dataDir(), PORT: port }, { script: "dev.ts" });
  expect(Number(new URL(dev.url).port)).toBeGreaterThan(Number(port));
  expect(dev.output()).toContain(port);
}, 90_000);

test("a second start on the same folder is refused with the pid; the lock of a killed one is taken over", async () => {
  const dir = await dataDir();
  const first = await start({ DATA_DIR: dir });
  const second = await runToEnd({ DATA_DIR: dir });
  expect(second.code).toBe(2);
  expect(second.stderr).toContain(String(first.pid));
  await first.kill();
  const third = await start({ DATA_DIR: dir });
  await ready(third);
  expect(await third.stop()).toBe(0);
}, 90_000);

test("the page's server stops cleanly when asked", async () => {
  const app = await start({ DATA_DIR: await dataDir() });
  await ready(app);
  expect(await app.stop()).toBe(0);
  expect(app.output()).toContain("stopping");
}, 60_000);
