/** Spools onto a small file system until it is really full, makes room again, and says as one JSON line what happened. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TOPICS } from "../../../../core/topics.ts";
import { systemClock } from "../../../../server/clock.ts";
import { Spool } from "../spool.ts";
import { SpoolStore } from "../spool-store.ts";
import { moodyBus } from "./moody-bus.ts";

const MAX_BYTES = 1_000 * 1_048_576;
const dir = process.argv[2]!;
const ballast = join(dir, "ballast");
writeFileSync(ballast, new Uint8Array(1_500_000));
const { bus, mood, values } = await moodyBus();
const stop = new AbortController();
const settings = {
  RETRY_MAX_ATTEMPTS: 2,
  RETRY_BACKOFF_BASE_SEC: 0.01,
  RETRY_BACKOFF_CAP_SEC: 0.05,
  RETRY_JITTER_MIN: 1,
  RETRY_JITTER_MAX: 1,
};
const store = await SpoolStore.open({ dir, fsync: "normal", max_bytes: MAX_BYTES, topics: [TOPICS.market] });
const common = { clock: systemClock, settings, random: () => 0.5, signal: stop.signal };
const spool = await Spool.open({ ...common, bus, store, max_bytes: MAX_BYTES, origin: "live" });
mood.away = true;
const COUNT = 1_000;
let written = 0;
const writing = (async () => {
  for (; written < COUNT; written++) {
    const text = JSON.stringify({ kind: "trade", n: written, pad: "x".repeat(5_000) });
    await spool.publish(TOPICS.market.name, 0, [text]);
  }
})();
while (spool.spool().now.state !== "full") await Bun.sleep(5);
const atFull = { written, trouble: spool.trouble()?.text ?? null };
rmSync(ballast);
while (written <= atFull.written) await Bun.sleep(5);
const afterRoom = { state: spool.spool().now.state, trouble: spool.trouble()?.text ?? null };
mood.away = false;
await writing;
while (spool.spool().now.state !== "empty") await Bun.sleep(5);
const numbers = (await values()).map((text) => (JSON.parse(text) as { n: number }).n);
stop.abort();
await spool.close();
const isWhole = numbers.length === COUNT && numbers.every((n, i) => n === i);
console.log(JSON.stringify({ atFull, afterRoom, isWhole }));
process.exit(0);
