import { expect, test } from "bun:test";
import type { Clock } from "../../core/ports/clock.ts";
import type { FromThread, ThreadRole, ToThread } from "../threads/protocol.ts";
import { Supervisor, type ThreadFacts } from "./supervisor.ts";

/** Time that moves only when something sleeps. */
function fakeClock(): Clock & { slept: number[] } {
  let now_ms = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now_ms,
    sleep: async (ms) => {
      slept.push(ms);
      now_ms += ms;
    },
  };
}

interface FakeThread {
  role: ThreadRole;
  told: ToThread[];
  terminated: boolean;
  heard: (message: FromThread) => void;
  ended: (why: string) => void;
}

function world(restartsPerMinuteMax = 3) {
  const clock = fakeClock();
  const threads: FakeThread[] = [];
  const changes: ThreadFacts[] = [];
  const supervisor = new Supervisor({
    clock,
    restartBackoffMs: 2_000,
    restartsPerMinuteMax,
    onChange: (facts) => changes.push(facts),
    spawn: (role, heard, ended) => {
      const thread: FakeThread = { role, told: [], terminated: false, heard, ended };
      threads.push(thread);
      return {
        tell: (message) => thread.told.push(message),
        terminate: () => {
          thread.terminated = true;
        },
      };
    },
  });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  const last = (): FakeThread => threads[threads.length - 1]!;
  return { clock, threads, changes, supervisor, settle, last };
}

test("a thread that falls is started again after a growing wait, and its reason is kept in words", async () => {
  const w = world();
  w.supervisor.start("aggregate");
  w.last().heard({ t: "ready" });
  expect(w.supervisor.facts()[0]?.state).toBe("running");
  w.last().heard({ t: "failed", code: "x", message: "bar range is broken\n  at …", hint: "report it" });
  w.last().ended("its thread ended");
  await w.settle();
  expect(w.changes.map((c) => c.state)).toContain("restarting");
  expect(w.changes.find((c) => c.state === "restarting")?.text).toContain("bar range is broken (report it)");
  expect(w.threads).toHaveLength(2);
  w.last().ended("its thread ended");
  await w.settle();
  expect(w.clock.slept).toEqual([2_000, 4_000]);
  expect(w.supervisor.facts()[0]?.restarts).toBe(2);
});

test("gives up loudly after too many falls within a minute", async () => {
  const w = world(2);
  w.supervisor.start("aggregate");
  for (let i = 0; i < 3; i++) {
    w.last().ended("its thread ended");
    await w.settle();
  }
  expect(w.threads).toHaveLength(3);
  expect(w.supervisor.facts()[0]?.state).toBe("gave_up");
  expect(w.supervisor.facts()[0]?.text).toContain("stays down");
});

test("falls that lie more than a minute apart never add up", async () => {
  const w = world(2);
  w.supervisor.start("aggregate");
  for (let i = 0; i < 6; i++) {
    w.last().ended("its thread ended");
    await w.settle();
    await w.clock.sleep(61_000);
  }
  expect(w.threads).toHaveLength(7);
});

test("a thread replaced by a newer one is not listened to any more", async () => {
  const w = world();
  w.supervisor.start("ingest");
  const first = w.last();
  first.ended("its thread ended");
  await w.settle();
  first.ended("its thread ended again");
  first.heard({ t: "ready" });
  await w.settle();
  expect(w.threads).toHaveLength(2);
  expect(w.supervisor.facts()[0]?.state).toBe("restarting");
});

test("stopping waits for the thread's word, then ends it; nothing is restarted afterwards", async () => {
  const w = world();
  w.supervisor.start("ingest");
  w.last().heard({ t: "ready" });
  w.supervisor.close();
  const stopped = w.supervisor.stop("ingest");
  expect(w.last().told).toEqual([{ t: "stop" }]);
  w.last().heard({ t: "stopped" });
  await stopped;
  w.last().ended("its thread ended");
  await w.settle();
  expect(w.threads).toHaveLength(1);
  expect(w.last().terminated).toBe(true);
  expect(w.supervisor.facts()[0]?.state).toBe("stopped");
});

test("a thread started later learns that the URL was printed", async () => {
  const w = world();
  w.supervisor.start("ingest");
  w.supervisor.announce(42);
  expect(w.last().told).toEqual([{ t: "announced", at_ms: 42 }]);
  w.last().ended("its thread ended");
  await w.settle();
  expect(w.last().told).toEqual([{ t: "announced", at_ms: 42 }]);
});

test("what has not come up once is told from what came up and fell", async () => {
  const w = world();
  w.supervisor.start("ingest");
  w.supervisor.start("aggregate");
  expect(w.supervisor.neverRan().map(({ role }) => role)).toEqual(["ingest", "aggregate"]);
  w.last().heard({ t: "ready" });
  w.last().ended("its thread ended");
  await w.settle();
  expect(w.supervisor.neverRan().map(({ role }) => role)).toEqual(["ingest"]);
});
