import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PartStatus } from "../../core/messages/index.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { count, evaluated, isLive, names, row, world } from "./test-support/inference-world.ts";

describe("a model beside the graph", () => {
  test("judges rows and says signals; what it counts is told", () =>
    world({ model: "logistic", settings: { name: "mine" } }, async ({ say, signals, until }) => {
      await until(isLive);
      await say(row("A", 0, 0.02), row("B", 0, -0.02));
      await until(evaluated(2));
      const status = await until((now) => count(now, "signals_model") === 1);
      expect(names(await signals())).toEqual(["A mine 1"]);
      expect(status.text).toMatch(/^Model mine \(m\.onnx, [0-9a-f]{12}\) judges rolling features$/);
      expect(status.inference?.durations.model?.count).toBe(2);
    }));

  test("after a restart what still holds is not said again", () =>
    world({ model: "logistic" }, async ({ say, signals, start, stop, until }) => {
      await until(isLive);
      await say(row("A", 0, 0.02));
      await until((status) => count(status, "signals_model") === 1);
      await stop();
      start();
      await until(isLive);
      await say(row("A", 60_000, 0.02), row("B", 60_000, 0.02));
      await until((status) => count(status, "signals_model") === 1);
      expect(names(await signals())).toEqual(["A m 1", "B m 1"]);
    }));

  test("a bus that is away: the signal is said once it is back", () => {
    let isAway = true;
    const bus = (tape: Bus): Bus => ({
      ...tape,
      follow: tape.follow.bind(tape),
      tail: tape.tail.bind(tape),
      publish: async (...given) => {
        if (isAway) throw new Error("the bus is away");
        return tape.publish(...given);
      },
    });
    return world({ model: "logistic", bus }, async ({ say, signals, until }) => {
      await until(isLive);
      await say(row("A", 0, 0.02));
      const { text } = await until(({ state }) => state === "stale");
      expect(text).toBe("Signals wait for the bus: the bus is away");
      isAway = false;
      await until(isLive);
      expect(await signals()).toHaveLength(1);
    });
  });
});

describe("a model that misbehaves", () => {
  test("hangs: its thread is ended, the breaker opens, the rules stand in, and it is tried again", () =>
    world({ model: "hangs", settings: { timeout_ms: 400 } }, async ({ say, signals, until }) => {
      await until(isLive);
      await say(row("A", 0, 0.02));
      await until((status) => count(status, "failed") === 1);
      await say(row("A", 1, 0.02));
      const open = await until(({ state }) => state === "stale");
      expect(open.text).toMatch(/fails again and again: no answer within 400 ms\..* The rules stand in for it$/);
      expect(open.inference?.errors).toEqual({ timeout: 2 });
      await say(row("A", 2, 0.02));
      await until((status) => count(status, "signals_rules") === 1);
      expect(names(await signals())).toEqual(["A hot 1"]);
      // What it does not hang on closes the breaker.
      await until((status) => {
        void say(row("B", 3, -0.02));
        return isLive(status);
      });
      expect(count(await until(isLive), "threads_replaced")).toBeGreaterThanOrEqual(2);
    }));

  test.each([
    ["throws", "threw"],
    ["shrinks", "shape"],
    ["nan", "not_finite"],
  ])("%s in the middle of a run: counted, and the other symbols have their answers", (name, reason) =>
    world({ model: name }, async ({ say, signals, until }) => {
      await until(isLive);
      await say(row("A", 0, -0.02), row("B", 0, 0.02), row("C", 0, -0.03));
      const status = await until(evaluated(2));
      await until((now) => count(now, "signals_model") === 2);
      expect(status.inference?.errors).toEqual({ [reason]: 1 });
      expect((await signals()).map(({ symbol }) => symbol)).toEqual(["A", "C"]);
    }),
  );

  test("slow: it has the newest row of each symbol, and nobody waits for it", () =>
    world({ model: "hangs", settings: { timeout_ms: 60_000 } }, async ({ say, until }) => {
      await until(isLive);
      await say(row("A", 0, 0.02));
      await until(({ counters }) => counters?.rows_waiting === 0);
      for (let i = 1; i <= 500; i++) await say(row("A", i, 0.02), row("B", i, 0.02));
      const { counters } = await until((status) => count(status, "rows_replaced") >= 998);
      expect(counters).toMatchObject({ rows_waiting: 2, rows_dropped: 0 });
    }));
});

test("with two threads a row that takes long holds up its own", () =>
  world({ model: "hangs", settings: { timeout_ms: 60_000, pool_size: 2 } }, async ({ say, signals, until }) => {
    await until(isLive);
    await say(row("A", 0, 0.02));
    await until((status) => count(status, "rows_waiting") === 0);
    await say(row("B", 0, -0.02));
    await until((status) => count(status, "signals_model") === 1);
    expect(names(await signals())).toEqual([expect.stringMatching(/^B m -0\.0/)]);
  }));

describe("the file", () => {
  test("is not there: said with what to do, the rules stand in, and it is taken up when it comes", () =>
    world({}, async ({ put, say, signals, until }) => {
      const { text, state, inference } = await until(({ state }) => state !== "starting");
      expect(state).toBe("stale");
      expect(text).toContain("model m.onnx does not exist; inference.adapters.model.model_path names an ONNX file");
      expect(text).toEndWith("The rules stand in for it");
      expect(inference?.errors).toEqual({ refused: 1 });
      await say(row("A", 0, 0.02));
      await until((status) => count(status, "signals_rules") === 1);
      put("logistic");
      await until(isLive);
      await say(row("A", 1, 0.02));
      await until((status) => count(status, "signals_model") === 1);
      expect(names(await signals())).toEqual(["A hot 1", "A m 1"]);
    }));

  test("is replaced while running: the new one judges; what is no model changes nothing and is said", () =>
    world({ model: "logistic" }, async ({ dir, put, say, signals, until }) => {
      const shaOf = ({ text }: PartStatus): string => /, ([0-9a-f]{12})\)/.exec(text)?.[1] ?? "";
      const first = shaOf(await until(isLive));
      writeFileSync(join(dir, "m.onnx"), "half a mod");
      const odd = await until(({ state }) => state === "stale");
      expect(odd.text).toContain(`${first}) goes on, what is on disk now cannot be used: model m.onnx is no ONNX file`);
      await say(row("A", 0, 0.02));
      await until(evaluated(1));
      put("logistic-plain");
      const second = shaOf(await until(isLive));
      expect(second).not.toBe(first);
      await say(row("B", 1, 0.02));
      await until(evaluated(1));
      await until((status) => count(status, "signals_model") === 2);
      expect((await signals()).map(({ symbol, meta }) => [symbol, meta.model])).toEqual([
        ["A", first],
        ["B", second],
      ]);
    }));

  test("the rules speak in the graph anyway: nobody stands in, and that is what is said", () =>
    world({ rules: false }, async ({ say, signals, until }) => {
      const { text } = await until(({ state }) => state === "stale");
      expect(text).toEndWith("What the rules say stands");
      await say(row("A", 0, 0.02));
      await until((status) => count(status, "rows_unjudged") === 1);
      expect(await signals()).toEqual([]);
    }));
});
