import { expect, test } from "bun:test";
import type { Gap, PartStatus, SystemAlert } from "../../core/messages/index.ts";
import { SYSTEM_ALERTS_SETTINGS } from "../../core/stages/system-alerts.ts";
import { TOPICS } from "../../core/topics.ts";
import { createMemoryBus } from "../../server/bus/memory/memory-bus.ts";
import { systemClock } from "../../server/clock.ts";
import { watchSystem } from "./system-watch.ts";

const T0 = 1_763_683_200_000;
const slow = (s: number): PartStatus => ({
  kind: "part_status",
  part: "feed:venue",
  ts_ms: T0 + s * 1_000,
  state: "live",
  text: "Live",
  symbols: [],
  latency_ms_p95: 9_000,
});
const gap: Gap = {
  kind: "gap",
  id: "g",
  revision: 0,
  provider: "venue",
  symbol: "*",
  stream: "trades",
  from_seq: null,
  to_seq: null,
  from_ms: T0,
  to_ms: T0 + 1_000,
  status: "open",
};

test("parts and gaps as they speak become alerts; after a restart what stands is not said again", async () => {
  const bus = createMemoryBus(systemClock);
  await bus.ensureTopics(Object.values(TOPICS));
  const said = async (): Promise<SystemAlert[]> =>
    (await bus.tail(TOPICS.system.name, 100)).flatMap(({ values }) => values.map((value) => JSON.parse(value)));
  const life = async (statuses: readonly PartStatus[], gaps: readonly Gap[], until: () => Promise<boolean>) => {
    const stop = new AbortController();
    const problems: string[] = [];
    const running = watchSystem({
      bus,
      origin: "synthetic",
      settings: SYSTEM_ALERTS_SETTINGS,
      signal: stop.signal,
      onProblem: (text) => problems.push(text),
    });
    // It begins at the logs' ends: what is published once it follows is what it hears.
    await Bun.sleep(0);
    for (let tries = 0; !(await until()); tries++) {
      if (tries > 400) throw new Error("the watch does not speak");
      await bus.publish(TOPICS.status.name, 0, ["no JSON", ...statuses.map((one) => JSON.stringify(one))]);
      if (gaps.length > 0)
        await bus.publish(
          TOPICS.gaps.name,
          0,
          gaps.map((one) => JSON.stringify(one)),
        );
      await Bun.sleep(5);
    }
    stop.abort();
    await running;
    expect(problems).toEqual([]);
  };
  const bad = Array.from({ length: 10 }, (_, s) => slow(s));
  await life(bad, [gap], async () => (await said()).length === 2);
  expect((await said()).map(({ reason, origin }) => [reason, origin]).sort()).toEqual([
    ["gap", "synthetic"],
    ["latency", "synthetic"],
  ]);
  const well = Array.from({ length: 10 }, (_, s) => ({ ...slow(20 + s), latency_ms_p95: 5 }));
  await life([...bad, ...well], [], async () => (await said()).length === 3);
  expect((await said()).at(-1)).toMatchObject({ reason: "latency", state: "over", revision: 1 });
  await bus.close();
});
