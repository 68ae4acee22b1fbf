import { describe, expect, test } from "bun:test";
import type { Rolling, Signal } from "../../core/messages/index.ts";
import { type AdapterOptions, ModelAdapter } from "./adapter.ts";
import type { Answer } from "./evaluator.ts";
import type { SpawnModelThread } from "./pool.ts";
import { modelOf } from "./test-support/models.ts";

const SETTINGS = { pool_size: 1, timeout_ms: 100, breaker_failures: 3, breaker_open_ms: 1_000 };
const row = (n: number, momentum: number | null, symbol = `S${n}`): Rolling => ({
  kind: "rolling",
  provider: "p",
  symbol,
  ts_ms: 1_700_000_000_000 + n,
  price: 10,
  vwap_1m_momentum: momentum,
  vwap_1m_rsi_cutler14: 50,
  vwap_1m_vol: 0.1,
});

/** A thread that answers by the first feature of a row; null: it never answers. */
type Behaviour = (x: number) => Answer | null | "falls" | "ends";

interface World {
  readonly adapter: ModelAdapter;
  /** Rows of each call. */
  readonly calls: number[];
  threads: number;
  now_ms: number;
  /** How long each row takes. */
  slow_ms: number;
}

function world(behave: Behaviour, settings: Partial<AdapterOptions["settings"]> = {}): World {
  const w = { calls: [] as number[], threads: 0, now_ms: 0, slow_ms: 0 };
  const spawn: SpawnModelThread = (heard, ended) => {
    w.threads++;
    let done = new Int32Array(new SharedArrayBuffer(4));
    const run = async (rows: Float64Array, width: number): Promise<void> => {
      w.calls.push(rows.length / width);
      const answers: Answer[] = [];
      for (let at = 0; at < rows.length; at += width) {
        if (w.slow_ms > 0) await Bun.sleep(w.slow_ms);
        const said = behave(rows[at]!);
        if (said === "ends") return ended("its thread ended");
        if (said === "falls") return heard({ t: "fell", text: "unreachable" });
        if (said === null) return;
        answers.push(said);
        Atomics.add(done, 0, 1);
      }
      heard({ t: "answers", answers, ms: 1 });
    };
    const post: ReturnType<SpawnModelThread>["post"] = (message) => {
      if (message.t === "run") queueMicrotask(() => void run(message.rows, message.width));
      else {
        done = message.done;
        queueMicrotask(() => heard({ t: "loaded" }));
      }
    };
    return { post, terminate: () => undefined };
  };
  const adapter = new ModelAdapter({
    model: modelOf("boosting"),
    settings: { ...SETTINGS, ...settings },
    cooldown_ms: 0,
    clock: { now: () => w.now_ms, sleep: async () => undefined },
    spawn,
  });
  return Object.assign(w, { adapter });
}

async function judge({ adapter }: World, rows: readonly Rolling[]): Promise<{ said: string[]; left: string[] }> {
  const said: Signal[] = [];
  const left = await adapter.judge(rows, (signal) => said.push(signal));
  return { said: said.map(({ symbol }) => symbol), left: left.map(({ symbol }) => symbol) };
}

const good: Behaviour = (x) => ({ label: null, value: x, score: null });

describe("a model at work", () => {
  test("rows go in the order of its features, and come out as signals in theirs", async () => {
    const w = world(good);
    await w.adapter.pool.open();
    expect(await judge(w, [row(1, 0.5), row(2, null), row(3, -1), row(4, 0)])).toEqual({
      said: ["S1", "S3"],
      left: [],
    });
    expect(w.adapter.counts).toEqual({ evaluated: 3, not_known: 1, failed: {} });
    expect(w.calls).toEqual([3]);
    await judge(w, [row(5, null)]);
    expect(w.calls).toEqual([3]);
  });

  test.each([
    ["hangs", null, "timeout"],
    ["falls", "falls", "crashed"],
    ["ends", "ends", "crashed"],
  ] as const)(
    "one row on which it %s: its thread is replaced, the other rows have their answer",
    async (_, odd, why) => {
      const w = world((x) => (x === 2 ? odd : good(x)));
      await w.adapter.pool.open();
      expect(await judge(w, [row(1, 1), row(2, 2), row(3, 3)])).toEqual({ said: ["S1", "S3"], left: [] });
      // Once among the others, once alone.
      expect(w.adapter.counts.failed).toEqual({ [why]: 2 });
      expect([w.threads, w.adapter.pool.replaced, w.adapter.breaker.at(0)]).toEqual([3, 2, "closed"]);
    },
  );

  test("a call of many rows may take longer than a row may", async () => {
    const w = world(good, { timeout_ms: 1_000 });
    w.slow_ms = 120;
    await w.adapter.pool.open();
    const many = Array.from({ length: 10 }, (_, i) => row(i + 1, 1));
    expect((await judge(w, many)).said).toHaveLength(10);
    expect([w.calls, w.adapter.counts.failed]).toEqual([[10], {}]);
  });

  test("one row on which it throws: counted, its thread goes on", async () => {
    const w = world((x) => (x === 2 ? { fault: "threw", text: "index out of bounds" } : good(x)));
    await w.adapter.pool.open();
    expect(await judge(w, [row(1, 1), row(2, 2), row(3, 3)])).toEqual({ said: ["S1", "S3"], left: [] });
    expect([w.adapter.counts.failed, w.adapter.lastFailure]).toEqual([{ threw: 1 }, "index out of bounds"]);
    expect([w.threads, w.calls]).toEqual([1, [3]]);
  });

  test("one that fails again and again is not asked until the wait is over, then with one row", async () => {
    let isBroken = true;
    const w = world((x) => (isBroken ? { fault: "not_finite", text: "it answered NaN" } : good(x)));
    await w.adapter.pool.open();
    const rows = [row(1, 1), row(2, 1), row(3, 1)];
    expect(await judge(w, rows)).toEqual({ said: [], left: [] });
    expect(await judge(w, rows)).toEqual({ said: [], left: ["S1", "S2", "S3"] });
    w.now_ms = 1_000;
    expect(await judge(w, rows)).toEqual({ said: [], left: ["S2", "S3"] });
    w.now_ms = 2_000;
    isBroken = false;
    expect(await judge(w, rows)).toEqual({ said: ["S1", "S2", "S3"], left: [] });
    expect([w.calls, w.adapter.breaker.opened]).toEqual([[3, 1, 1, 2], 2]);
  });

  test("one that always hangs costs a few waits, then the rows are handed back", async () => {
    const w = world(() => null, { timeout_ms: 20 });
    await w.adapter.pool.open();
    const { left } = await judge(
      w,
      Array.from({ length: 64 }, (_, i) => row(i, 1)),
    );
    expect([left.length, w.adapter.counts.failed]).toEqual([62, { timeout: 3 }]);
    w.adapter.pool.close();
  });
});
