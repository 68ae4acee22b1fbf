import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bus } from "../../core/ports/bus.ts";
import type { Checkpoints } from "../../core/ports/checkpoints.ts";
import { TOPICS } from "../../core/topics.ts";
import { createMemoryBus } from "../../server/bus/memory/memory-bus.ts";
import { openFileCheckpoints } from "../../server/checkpoints/files.ts";
import { systemClock } from "../../server/clock.ts";
import { GraphRunner, type LogJump, type RunnableGraph, type RunnerOptions } from "./graph-runner.ts";

interface Sum {
  total: number;
}

/** Adds numbers up and says every total: any record lost or counted twice shows in what follows. */
const summing: RunnableGraph<Sum> = {
  version: "1",
  step(state, record, emit) {
    const { n, kind } = record as { n?: number; kind?: string };
    state.total += kind === "gap" ? 1_000_000 : (n ?? 0);
    emit(TOPICS.gaps.name, { total: state.total });
    emit(TOPICS.forming.name, { total: state.total });
  },
};

async function world(run: (w: World) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "tapebell-runner-"));
  const bus = createMemoryBus(systemClock);
  await bus.ensureTopics(Object.values(TOPICS));
  const checkpoints = await openFileCheckpoints(dir);
  const problems: string[] = [];
  const bad: string[] = [];
  const jumps: LogJump[] = [];
  const make = (changes: Partial<RunnerOptions<Sum>> = {}): GraphRunner<Sum> =>
    new GraphRunner({
      key: "sum-3",
      topic: TOPICS.market.name,
      partition: 3,
      bus,
      checkpoints,
      clock: systemClock,
      graph: summing,
      settingsHash: "s",
      checkpointEveryMs: 60_000,
      checkpointOffsetMs: 0,
      graphsInThread: 1,
      coldStart: async () => ({ total: 0 }),
      jumpRecords: (jump) => {
        jumps.push(jump);
        return [{ kind: "gap" }];
      },
      onProblem: (text) => problems.push(text),
      badRecord: (text) => {
        bad.push(text);
        return { bad: text };
      },
      ...changes,
    });
  const totals = async (): Promise<number[]> =>
    (await bus.tail(TOPICS.gaps.name, 10_000)).flatMap((b) => b.values.map((v) => (JSON.parse(v) as Sum).total));
  const feed = async (...numbers: number[]): Promise<void> => {
    await bus.publish(
      TOPICS.market.name,
      3,
      numbers.map((n) => JSON.stringify({ n })),
    );
  };
  /** Runs until all that is in the log has been read, then stops as asked. */
  const runAll = async (runner: GraphRunner<Sum>): Promise<void> => {
    const stop = new AbortController();
    const { end: target } = await bus.info(TOPICS.market.name, 3);
    const running = runner.run(stop.signal);
    while (runner.position < target) await Promise.race([running, Bun.sleep(1)]);
    stop.abort();
    await running;
  };
  try {
    await run({ bus, checkpoints, make, problems, bad, jumps, totals, feed, runAll });
  } finally {
    await bus.close();
    await rm(dir, { recursive: true, force: true });
  }
}

interface World {
  bus: Bus;
  checkpoints: Checkpoints;
  make: (changes?: Partial<RunnerOptions<Sum>>) => GraphRunner<Sum>;
  problems: string[];
  bad: string[];
  jumps: LogJump[];
  totals: () => Promise<number[]>;
  feed: (...numbers: number[]) => Promise<void>;
  runAll: (runner: GraphRunner<Sum>) => Promise<void>;
}

test("goes on from its checkpoint: nothing twice, nothing left out", () =>
  world(async (w) => {
    await w.feed(1, 2, 3);
    await w.runAll(w.make());
    await w.feed(4);
    await w.runAll(w.make());
    expect(await w.totals()).toEqual([1, 3, 6, 10]);
  }));

test("after a crash the replay says the same again, and ends in the same state", () =>
  world(async (w) => {
    await w.feed(1, 2);
    await w.runAll(w.make());
    await w.feed(3, 4);
    // Killed: whatever it would have saved at its end was never written.
    await w.runAll(w.make({ checkpoints: { ...w.checkpoints, save: async () => ({ bytes: 0, busy_ms: 0 }) } }));
    await w.feed(5);
    await w.runAll(w.make());
    expect(await w.totals()).toEqual([1, 3, 6, 10, 6, 10, 15]);
  }));

test("another version or other settings start cold from the log's beginning, and say so", () =>
  world(async (w) => {
    await w.feed(1, 2);
    await w.runAll(w.make());
    await w.runAll(w.make({ settingsHash: "changed" }));
    expect(await w.totals()).toEqual([1, 3, 1, 3]);
    expect(w.problems.join()).toContain("no checkpoint fits");
    await w.runAll(w.make({ settingsHash: "changed", graph: { ...summing, version: "2" } }));
    expect((await w.totals()).slice(-2)).toEqual([1, 3]);
  }));

test("a checkpoint ahead of the log is not used: its positions will be given out again", () =>
  world(async (w) => {
    await w.feed(1, 2);
    const { log_id } = await w.bus.info(TOPICS.market.name, 3);
    await w.checkpoints.save("sum-3", {
      log_id,
      position: 9,
      code_version: "1",
      settings_hash: "s",
      saved_ms: 1,
      state: { total: 500 },
    });
    await w.runAll(w.make());
    expect(await w.totals()).toEqual([1, 3]);
  }));

test("a record that cannot be read is reported, the others of its batch count", () =>
  world(async (w) => {
    await w.bus.publish(TOPICS.market.name, 3, ['{"n":1}', "{torn", '{"n":2}']);
    const runner = w.make();
    await w.runAll(runner);
    expect(await w.totals()).toEqual([1, 3]);
    expect(w.bad).toEqual(["{torn"]);
    expect(runner.badRecords).toBe(1);
    const letters = await w.bus.tail(TOPICS.deadLetter.name, 10);
    expect(letters.flatMap((batch) => batch.values)).toEqual(['{"bad":"{torn"}']);
  }));

test("checkpoints are written while it runs, each with the state of its position", () =>
  world(async (w) => {
    const runner = w.make({ checkpointEveryMs: 0 });
    const stop = new AbortController();
    const running = runner.run(stop.signal);
    for (const n of [1, 2, 3]) {
      await w.feed(n);
      for (;;) {
        const newest = (await w.checkpoints.load("sum-3")).found[0];
        if (newest?.position === n) {
          expect(newest.state).toEqual({ total: (n * (n + 1)) / 2 });
          break;
        }
        await Promise.race([running, Bun.sleep(1)]);
      }
    }
    stop.abort();
    await running;
  }));

test("what nobody keeps is not said while the past is replayed, then once a batch", () =>
  world(async (w) => {
    const seen: number[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const batch of w.bus.follow(TOPICS.forming.name, 0, "latest", { signal: stop.signal })) {
        for (const value of batch.values) seen.push((JSON.parse(value) as Sum).total);
      }
    })();
    await w.feed(1, 2);
    const runner = w.make();
    const running = runner.run(stop.signal);
    while (!runner.caughtUp) await Bun.sleep(1);
    await w.feed(3);
    while (seen.length === 0) await Promise.race([running, Bun.sleep(1)]);
    expect(seen).toEqual([6]);
    const records = [4, 5, 6].map((n) => JSON.stringify({ n }));
    await w.bus.publish(TOPICS.market.name, 3, records);
    while (seen.length === 1) await Promise.race([running, Bun.sleep(1)]);
    expect(seen).toEqual([6, 21]);
    stop.abort();
    await Promise.all([running, watching]);
  }));

test("a record that may not be taken is told of with its reason, JSON's null too, and holds up nothing", () =>
  world(async (w) => {
    await w.bus.publish(TOPICS.market.name, 3, ['{"n":1}', "null", '{"n":"two"}', '{"n":4},{"n":8}', '{"n":2}']);
    const told: (string | null)[] = [];
    const runner = w.make({
      read: (value) => {
        const n = (value as { n?: unknown } | null)?.n;
        return typeof n === "number" ? { n } : "n: not a number";
      },
      badRecord: (text, position, fault) => {
        told.push(fault);
        return { id: `${position}`, text };
      },
    });
    await w.runAll(runner);
    expect(await w.totals()).toEqual([1, 3]);
    expect(told.sort()).toEqual(["n: not a number", "n: not a number", null]);
    const letters = (await w.bus.tail(TOPICS.deadLetter.name, 10)).flatMap((batch) => batch.values);
    expect(letters.map((letter) => (JSON.parse(letter) as { text: string }).text).sort()).toEqual(
      ["null", '{"n":"two"}', '{"n":4},{"n":8}'].sort(),
    );
  }));
