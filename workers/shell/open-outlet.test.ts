import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TOPICS } from "../../core/topics.ts";
import { systemClock } from "../../server/clock.ts";
import { loadSettings } from "../../server/settings/load.ts";
import { openOutlet } from "./open-outlet.ts";
import { PatientOutlet } from "./outlet.ts";
import { Spool } from "./spool/spool.ts";
import { type Mood, moodyBus } from "./spool/test-support/moody-bus.ts";
import type { RoleContext } from "./thread.ts";

const market = TOPICS.market.name;
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function context(
  more: Partial<RoleContext> = {},
): Promise<{ context: RoleContext; mood: Mood; stop: () => void }> {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-outlet-"));
  closing.push(() => rmSync(dir, { recursive: true, force: true }));
  const { bus, mood } = await moodyBus();
  const env = { RETRY_BACKOFF_BASE_SEC: "0.01", RETRY_BACKOFF_CAP_SEC: "0.02", RETRY_MAX_ATTEMPTS: "2" };
  const { settings } = loadSettings({ argv: [], env, cwd: dir });
  const off = new AbortController();
  const own = { bus, settings, dir, clock: systemClock, origin: "live", signal: off.signal } as const;
  return { context: { ...own, ...more } as RoleContext, mood, stop: () => off.abort() };
}

test("another process's bus gets a spool in the data folder; a start while it is away begins where both end", async () => {
  const first = await context();
  const opened = await openOutlet(first.context);
  expect(opened.outlet).toBeInstanceOf(Spool);
  await opened.outlet.publish(market, 0, ['{"kind":"trade","n":1}']);
  first.mood.away = true;
  await opened.outlet.publish(market, 0, ['{"kind":"trade","n":2}']);
  expect(opened.outlet.spool?.().now).toMatchObject({ state: "spooling", records: 1 });
  first.stop();
  await opened.close();
  await expect(opened.tail(market, 10)).rejects.toThrow("does not answer");
  first.mood.away = false;
  const again = await openOutlet({ ...first.context, signal: AbortSignal.abort() });
  closing.push(() => again.close());
  expect((await again.tail(market, 10)).flatMap(({ values }) => values)).toEqual([
    '{"kind":"trade","n":1}',
    '{"kind":"trade","n":2}',
  ]);
});

test("the embedded log shares its disk with no spool, and a recording can wait", async () => {
  const live = await context();
  const embedded = { ...live.context.bus, engine: "embedded" } as RoleContext["bus"];
  expect((await openOutlet({ ...live.context, bus: embedded })).outlet).toBeInstanceOf(PatientOutlet);
  const replay = await context({ origin: "replay" });
  expect((await openOutlet(replay.context)).outlet).toBeInstanceOf(PatientOutlet);
});

test("what is refused is held and said after RETRY_MAX_ATTEMPTS; on a stop it is given up", async () => {
  const { context: live, mood, stop } = await context({ origin: "replay" });
  const { outlet } = await openOutlet(live);
  mood.away = true;
  const held = outlet.publish(market, 0, ['{"kind":"trade","n":1}']);
  expect(outlet.trouble()).toBeNull();
  while (outlet.trouble() === null) await Bun.sleep(1);
  expect(outlet.errors).toBeGreaterThanOrEqual(2);
  mood.away = false;
  await held;
  expect(outlet.trouble()).toBeNull();
  mood.away = true;
  const lost = outlet.publish(market, 0, ['{"kind":"trade","n":2}']).catch((cause: Error) => cause.message);
  stop();
  expect(await lost).toBe("the bus does not answer");
});
