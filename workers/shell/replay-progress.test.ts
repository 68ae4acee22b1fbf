import { expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { partitionOf } from "../../core/partition.ts";
import { TOPICS } from "../../core/topics.ts";
import { createMemoryBus } from "../../server/bus/memory/memory-bus.ts";
import { openFileCheckpoints } from "../../server/checkpoints/files.ts";
import { systemClock } from "../../server/clock.ts";
import { writeDeadLetters } from "./dead-letter-file.ts";
import { ReplayProgress } from "./replay-progress.ts";

const trade = (n: number): string =>
  JSON.stringify({
    ...{ ver: 1, kind: "trade", origin: "replay", provider: "replay", symbol: "A", ts_ms: n, price: 1, size: 1 },
    ...{ side: null, trade_id: null, seq: n, event_id: `t${n}` },
  });
const place = (count: number, ended = false) => ({ count, last_id: `t${count}`, ended, symbols: [] });

async function world(
  run: (w: { dir: string; bus: ReturnType<typeof createMemoryBus> }) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "tapebell-progress-"));
  const bus = createMemoryBus(systemClock);
  await bus.ensureTopics(Object.values(TOPICS));
  try {
    await run({ dir, bus });
  } finally {
    await bus.close();
    await rm(dir, { recursive: true });
  }
}

test("what came on the tape after the place was saved is known by its ids", () =>
  world(async ({ dir, bus }) => {
    const checkpoints = await openFileCheckpoints(join(dir, "checkpoints"));
    const now = { ms: 10_000 };
    const clock = { now: () => now.ms, sleep: systemClock.sleep };
    let drained = 0;
    const progress = () => new ReplayProgress({ bus, clock, checkpoints, drain: async () => void drained++ });
    const put = (...numbers: number[]) => bus.publish("tape.market", partitionOf("A"), numbers.map(trade));
    expect(await progress().load()).toBeNull();
    const first = progress();
    await put(1, 2);
    await first.reached(place(2));
    expect(drained).toBe(1);
    await put(3);
    // Too soon to be saved again, and then the process is killed.
    now.ms += 500;
    await first.reached(place(3));
    expect(drained).toBe(1);
    expect(await progress().load()).toEqual({ ...place(2), known: new Set(["t3"]) });
    now.ms += 500;
    await first.reached(place(3));
    expect(await progress().load()).toEqual({ ...place(3), known: new Set() });
    // The end is saved whenever it comes.
    await first.reached(place(3, true));
    expect(await progress().load()).toMatchObject({ ended: true });
  }));

test("dead letters go to the file once each, over a restart too; a file that cannot be written is said, once", () =>
  world(async ({ dir, bus }) => {
    const checkpoints = await openFileCheckpoints(join(dir, "checkpoints"));
    const path = join(dir, "logs", "dlt.jsonl");
    const problems: string[] = [];
    const onProblem = (text: string): void => void problems.push(text);
    const until = async (to: string, isDone: () => Promise<boolean>): Promise<void> => {
      const stop = new AbortController();
      const writing = writeDeadLetters({ bus, clock: systemClock, checkpoints, path: to, onProblem }, stop.signal);
      while (!(await isDone())) await Bun.sleep(1);
      stop.abort();
      await writing;
    };
    const text = (): Promise<string> => readFile(path, "utf8").catch(() => "");
    await bus.publish("tape.dead-letter", 0, ['{"n":1}', '{"n":2}']);
    await until(path, async () => (await text()).includes('"n":2'));
    await bus.publish("tape.dead-letter", 0, ['{"n":3}']);
    await until(path, async () => (await text()).includes('"n":3'));
    expect(await text()).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
    await writeFile(join(dir, "blocked"), "");
    for (let n = 4; n < 6; n++) await bus.publish("tape.dead-letter", 0, [`{"n":${n}}`]);
    await until(join(dir, "blocked", "dlt.jsonl"), async () => problems.length > 0);
    expect(problems).toHaveLength(1);
  }));
