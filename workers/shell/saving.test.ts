import { expect, test } from "bun:test";
import { TOPICS } from "../../core/topics.ts";
import { createMemoryBus } from "../../server/bus/memory/memory-bus.ts";
import { systemClock } from "../../server/clock.ts";
import { GraphRunner } from "./graph-runner.ts";

const { name: topic } = TOPICS.market;

/** How often a state was saved within twenty seconds, a record and a chance each second. */
async function saves(busy_ms: number): Promise<number> {
  const bus = createMemoryBus(systemClock);
  await bus.ensureTopics(Object.values(TOPICS));
  let now_ms = 0;
  let saved = 0;
  const runner = new GraphRunner({
    key: "one",
    topic,
    partition: 3,
    bus,
    clock: { ...systemClock, now: () => now_ms },
    checkpoints: {
      load: async () => ({ found: [], problems: [] }),
      save: async () => {
        saved++;
        return { bytes: 7, busy_ms };
      },
      close: async () => undefined,
    },
    graph: { version: "1", step: () => undefined },
    settingsHash: "s",
    checkpointEveryMs: 1_000,
    checkpointOffsetMs: 0,
    graphsInThread: 1,
    coldStart: async () => ({}),
    jumpRecords: () => [],
    onProblem: () => undefined,
    badRecord: () => null,
  });
  const stop = new AbortController();
  const running = runner.run(stop.signal);
  for (let second = 1; second <= 20; second++) {
    now_ms += 1_000;
    await bus.publish(topic, 3, ["{}"]);
    while (runner.position < second) await Promise.race([running, Bun.sleep(1)]);
  }
  stop.abort();
  await running;
  await bus.close();
  expect(runner.counts()).toMatchObject({ checkpoint_bytes: 7 });
  return saved;
}

test("a state that is soon saved is saved as often as asked; one that takes long, for a tenth of the time at most", async () => {
  expect(await saves(1)).toBeGreaterThanOrEqual(19);
  expect(await saves(1_000)).toBeLessThanOrEqual(3);
});
