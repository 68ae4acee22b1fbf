import { join } from "node:path";
import type { PartStatus } from "../core/messages/index.ts";
import { TOPICS } from "../core/topics.ts";
import { openFileCheckpoints } from "../server/checkpoints/files.ts";
import { type ProfileReader, profileRunners, profilesInForce } from "./shell/profile-runners.ts";
import { type RoleContext, runThread } from "./shell/thread.ts";

const STATUS_EVERY_MS = 1_000;
/** Below this many unread records the other systems count as told. */
const LAG_LIVE_MAX = 5_000;

/** Says what the tape says on the topics of other systems, in their words. At least once: a crash says its last seconds again. */
export async function profiles(context: RoleContext): Promise<void> {
  const wanted = profilesInForce(context.settings);
  await context.bus.ensureTopics(wanted.flatMap(({ topics }) => topics));
  const checkpoints = await openFileCheckpoints(join(context.dir, "checkpoints"));
  const readers = profileRunners({ ...context, checkpoints }, wanted);
  // One reader that fails takes the role down: the supervisor starts it again, all from where they were.
  const fall = new AbortController();
  const stop = AbortSignal.any([context.signal, fall.signal]);
  const reporting = report(context, readers, stop);
  context.ready();
  try {
    await Promise.all(readers.map(({ runner }) => runner.run(stop)));
  } finally {
    fall.abort();
    await reporting;
    await checkpoints.close();
  }
}

async function report(
  { bus, clock, origin, settings, signal }: RoleContext,
  readers: readonly ProfileReader[],
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const lags = await Promise.all(
      readers.map(({ topic, partition, runner }) => bus.lag(topic, partition, runner.position).catch(() => 0)),
    );
    const unwritten = lags.reduce((a, b) => a + b, 0);
    const isBehind = unwritten > LAG_LIVE_MAX;
    const counts = readers.map(({ runner }) => runner.counts());
    const names = settings.PROFILES.join(", ");
    const missed = readers.reduce((sum, reader) => sum + reader.missed(), 0);
    const writes = `Writes the topics of ${names}`;
    const status: PartStatus = {
      kind: "part_status",
      origin,
      part: "profiles",
      ts_ms: clock.now(),
      // What is gone stays said until the next start.
      state: isBehind ? "catching_up" : missed > 0 ? "stale" : "live",
      text: isBehind
        ? `Catching up: ${unwritten} records to write for ${names}`
        : missed > 0
          ? `${writes}; ${missed} records were gone from the log before they were read`
          : writes,
      counters: { written: counts.reduce((sum, { outputs = 0 }) => sum + outputs, 0), unwritten, missed },
    };
    if (!stop.aborted) await bus.publish(TOPICS.status.name, 0, [JSON.stringify(status)]).catch(() => undefined);
    await clock.sleep(STATUS_EVERY_MS, signal);
  }
}

if (!Bun.isMainThread) runThread("profiles", profiles);
