import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Signal } from "../../../core/messages/index.ts";
import { MODELS } from "../../inference/test-support/models.ts";
import { call } from "../test-support/call.ts";

const T0 = 1_700_000_000_000;
/** Two symbols that rise and fall, one after the other. */
const stdin = Array.from({ length: 600 }, (_, i) => {
  const symbol = i % 2 === 0 ? "X" : "Y";
  const price = 100 * (1 + 0.05 * Math.sin(i / 40));
  return `${JSON.stringify({ kind: "trade", symbol, ts_ms: T0 + i * 300, price, size: 1, trade_id: `${i}` })}\n`;
}).join("");

const run = (name: string, ...more: string[]) => {
  const adapter = { enabled: true, model_path: join(MODELS, name), features: ["momentum", "rsi", "volatility"] };
  const sets = Object.entries(adapter).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const all = [...sets, ...more].flatMap((one) => ["--set", `inference.adapters.model.${one}`]);
  return call(["stage", "signals", ...all, "--set", "SIGNAL_COOLDOWN_SEC=0"], { stdin });
};

describe("stage signals with a model", () => {
  test("what it says stands among what the rules say, in the order of the rows", async () => {
    const { code, records, err } = await run("forest.onnx", "name=tree", "min_score=0.6");
    expect(code).toBe(0);
    expect(err).toMatch(/^stage signals: without effect: \d+ rows with a feature that is not known yet\n$/);
    const said = records.map((record) => Signal.parse(record));
    const own = said.filter(({ name }) => name === "tree");
    expect(own.filter(({ value }) => value === 1).length).toBeGreaterThanOrEqual(2);
    expect(own.filter(({ value }) => value === -1).length).toBeGreaterThanOrEqual(2);
    expect(own.every(({ score, value }) => score! >= 0.6 && value !== 0)).toBe(true);
    expect(said.map(({ name }) => name)).toContain("price_momentum_up");
    const times = said.map(({ ts }) => Date.parse(ts));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(said.map(({ id }) => id)).size).toBe(said.length);
    const again = await run("forest.onnx", "name=tree", "min_score=0.6", "pool_size=2");
    expect(again.records).toEqual(records);
  });

  test("rows it fails on are counted, the others come out; one that always fails ends the work", async () => {
    const some = await run("throws.onnx", "breaker_failures=1000");
    expect([some.code, some.err]).toEqual([0, expect.stringMatching(/[1-9]\d* rows the model failed on/)]);
    expect(some.records.some(({ name }) => name === "throws")).toBe(true);
    const all = await run("hangs.onnx", "breaker_failures=2", "timeout_ms=100");
    expect([all.code, all.err]).toEqual([
      1,
      expect.stringContaining("hangs.onnx failed 2 times in a row: no answer within 100 ms; try it on"),
    ]);
  });

  test("what cannot be used is wrong usage, said before anything is read", async () => {
    for (const [name, what, more] of [
      ["model.pkl", "an ONNX file; convert a pickled model with skl2onnx", []],
      ["none.onnx", "none.onnx does not exist", []],
      ["README.md", "README.md is no ONNX file", []],
      ["forest.onnx", "forest.onnx wants 3 features and is given 1", ["features=[rsi]"]],
      ["forest.onnx", 'forest.onnx reads "macd", which there is not; known: n, vwap', ["features=[rsi, n, macd]"]],
      ["forest.onnx", "inference.adapters.model.pool_size", ["pool_size=0"]],
      ["forest.onnx", "one model: sklearn is another name of model", []],
    ] as const) {
      const both = what.startsWith("one model")
        ? ["--set", "inference.adapters.sklearn.enabled=true", "--set", "inference.adapters.sklearn.model_path=a.onnx"]
        : [];
      const sets = ["enabled=true", `model_path=${join(MODELS, name)}`, "features=[n, rsi, vol]", ...more];
      const all = sets.flatMap((one) => ["--set", `inference.adapters.model.${one}`]);
      const { code, err, records } = await call(["stage", "signals", ...all, ...both], { stdin });
      expect([code, records]).toEqual([2, []]);
      expect(err).toContain(what);
    }
    const empty = await call(["stage", "signals", "--set", "inference.adapters.model.enabled=true"], { stdin });
    expect([empty.code, empty.err]).toEqual([2, expect.stringContaining("an ONNX file while it is enabled")]);
  });
});
