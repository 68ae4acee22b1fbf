import { describe, expect, test } from "bun:test";
import { openEvaluator } from "./evaluator.ts";
import { expected, modelOf } from "./test-support/models.ts";

const TOLERANCE = 1e-6;
const { rows, models } = expected();
/** Those that name their own inputs are given none. */
const OWN_FEATURES = new Set(["named", "words"]);
const read = (name: string) => modelOf(name, OWN_FEATURES.has(name) ? { features: undefined } : {});

describe("models as skl2onnx writes them answer what scikit-learn answers", () => {
  test("there are models of each kind", () => expect(models.length).toBeGreaterThanOrEqual(10));

  for (const { model: name, ...answers } of models) {
    test(name, async () => {
      const model = read(name);
      const evaluator = await openEvaluator(model);
      for (const [i, row] of rows.entries()) {
        const answer = await evaluator.evaluate(Float64Array.from(row));
        if ("fault" in answer) throw new Error(answer.text);
        if (answers.value !== undefined) {
          expect(answer.label).toBeNull();
          expect(Math.abs(answer.value - answers.value[i]!)).toBeLessThan(TOLERANCE);
          continue;
        }
        const label = answers.label![i]!;
        expect(answer.label).toBe(String(label));
        expect(answer.value).toBe(typeof label === "number" ? label : { up: 1, flat: 0, down: -1 }[label]!);
        if (answers.probabilities === undefined) expect(answer.score).toBeNull();
        else expect(Math.abs(answer.score! - Math.max(...answers.probabilities[i]!))).toBeLessThan(TOLERANCE);
      }
    });
  }

  test("a file's own metadata names its features, its inputs do where there are several", () => {
    expect(read("words").features.map(({ key }) => key)).toEqual([
      "vol_5m_momentum",
      "vwap_1m_rsi_cutler14",
      "ret_30s_vol",
    ]);
    expect(read("words").name).toBe("three_words");
    expect(read("named").features.map(({ key }) => key)).toEqual([
      "vwap_1m_momentum",
      "vwap_1m_rsi_cutler14",
      "vol_5m_vol",
    ]);
  });
});

describe("a model that answers nonsense", () => {
  const below = Float64Array.from([-1, 50, 0.1]);
  const above = Float64Array.from([1, 50, 0.1]);
  test.each([
    ["nan", "not_finite", "it answered NaN"],
    ["shrinks", "shape", "it answered 0 numbers"],
    ["throws", "threw", "indices element out of data bounds"],
  ])("%s: %s, and the next row has its answer", async (name, fault, text) => {
    const evaluator = await openEvaluator(modelOf(name));
    expect(await evaluator.evaluate(below)).toMatchObject({ label: null, score: null });
    expect(await evaluator.evaluate(above)).toEqual({ fault, text: expect.stringContaining(text) } as never);
    expect(await evaluator.evaluate(below)).toHaveProperty("value");
  });

  test("a label nobody gave a value", async () => {
    const model = { ...read("words"), values: { up: 1 } };
    const evaluator = await openEvaluator(model);
    const answers = await Promise.all(rows.map((row) => evaluator.evaluate(Float64Array.from(row))));
    expect(answers.filter((answer) => "fault" in answer && answer.fault === "label")).toHaveLength(2);
  });
});
