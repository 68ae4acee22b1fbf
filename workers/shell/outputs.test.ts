import { expect, test } from "bun:test";
import { TOPICS } from "../../core/topics.ts";
import { createMemoryBus } from "../../server/bus/memory/memory-bus.ts";
import { systemClock } from "../../server/clock.ts";
import { Outputs } from "./outputs.ts";

const topic = TOPICS.market.name;

/** A bus whose answers a test gives by hand. */
async function world(): Promise<{ outputs: Outputs; sent: string[]; answers: (() => void)[]; refuse: Set<string> }> {
  const bus = createMemoryBus(systemClock);
  await bus.ensureTopics([TOPICS.market]);
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  const refuse = new Set<string>();
  const slow = {
    ...bus,
    publish: async (to: string, partition: number, values: readonly string[]) => {
      sent.push(`${partition}:${values.join("+")}`);
      await new Promise<void>((resolve) => answers.push(resolve));
      if (values.some((value) => refuse.has(value))) throw new Error("the disk is full");
      return bus.publish(to, partition, values);
    },
  } as unknown as typeof bus;
  return { outputs: new Outputs(slow), sent, answers, refuse };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a partition has one publish under way; what comes meanwhile gathers and follows in order", async () => {
  const { outputs, sent, answers } = await world();
  outputs.add(topic, "a", 1);
  await outputs.flush();
  outputs.add(topic, "b", 1);
  await outputs.flush();
  outputs.add(topic, "c", 1);
  outputs.add(topic, "x", 2);
  await outputs.flush();
  expect(sent).toEqual(["1:a", "2:x"]);
  answers[0]?.();
  await soon();
  expect(sent).toEqual(["1:a", "2:x", "1:b+c"]);
  const drained = outputs.drain();
  for (const answer of answers) answer();
  await drained;
  expect(outputs.published).toBe(4);
});

test("a refused batch is not overtaken, and the refusal is said", async () => {
  const { outputs, sent, answers, refuse } = await world();
  refuse.add("a");
  outputs.add(topic, "a");
  await outputs.flush();
  outputs.add(topic, "b");
  const drained = outputs.drain();
  answers[0]?.();
  await expect(drained).rejects.toThrow("the disk is full");
  expect(sent).toEqual(["0:a"]);
  await expect(outputs.flush()).rejects.toThrow("the disk is full");
});

test("who writes faster than the log takes it waits", async () => {
  const { outputs, answers } = await world();
  outputs.add(topic, "first");
  await outputs.flush();
  outputs.add(topic, "x".repeat(5_000_000));
  let isThrough = false;
  const flushed = outputs.flush().then(() => {
    isThrough = true;
  });
  await soon();
  expect(isThrough).toBe(false);
  answers[0]?.();
  await flushed;
});
