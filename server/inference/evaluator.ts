import type { InferenceSession, OnnxValue, Tensor } from "onnxruntime-web/wasm";
import type { Model } from "./model-file.ts";
import { loadRuntime } from "./runtime.ts";

/** Why a row has no answer. `threw`: the runtime said that it cannot; the others: what it answered is of no use. */
export type RowFault = "threw" | "shape" | "not_finite" | "label";

/** What a model says of one row. */
export type Answer =
  | { readonly label: string | null; readonly value: number; readonly score: number | null }
  | { readonly fault: RowFault; readonly text: string };

/** What is evaluated, without what only the settings know. */
export type Evaluated = Pick<Model, "bytes" | "inputs" | "outputs" | "values">;

/** In an error the runtime reports in order; anything else that comes out of it has left it broken. */
const SAID = "ERROR_CODE";
const SUM_TOLERANCE = 1e-3;
/** What goes wrong is an answer: the runtime need not write it to the terminal as well. */
const QUIET = { logSeverityLevel: 4 } as const;

/** A loaded model. Rows are evaluated one by one: with some models an answer depends on its neighbours in a batch. */
export interface Evaluator {
  /** Throws when the runtime is of no more use. */
  evaluate(row: Float64Array): Promise<Answer>;
}

export async function openEvaluator(model: Evaluated): Promise<Evaluator> {
  const { InferenceSession, Tensor } = await loadRuntime();
  const session = await InferenceSession.create(model.bytes, QUIET);
  return {
    async evaluate(row) {
      const feeds: Record<string, Tensor> = {};
      let at = 0;
      for (const { name, element, width } of model.inputs) {
        const part = row.subarray(at, at + width);
        at += width;
        const shape = [1, width];
        feeds[name] =
          element === "float64"
            ? new Tensor("float64", part, shape)
            : new Tensor("float32", Float32Array.from(part), shape);
      }
      let found: InferenceSession.OnnxValueMapType;
      try {
        found = await session.run(feeds, QUIET);
      } catch (cause) {
        if (!String(cause).includes(SAID)) throw cause;
        return { fault: "threw", text: firstLine(cause) };
      }
      return read(found, model);
    },
  };
}

function read(found: InferenceSession.OnnxValueMapType, { outputs, values }: Evaluated): Answer {
  const numbers: number[] = [];
  for (const name of outputs.numbers) {
    const data = dataOf(found[name]);
    if (data === null) return { fault: "shape", text: `it did not answer "${name}"` };
    for (const one of data) numbers.push(Number(one));
  }
  const odd = numbers.find((one) => !Number.isFinite(one));
  if (odd !== undefined) return { fault: "not_finite", text: `it answered ${odd}` };
  if (outputs.label === null) {
    const [value] = numbers;
    if (value === undefined || numbers.length > 1)
      return { fault: "shape", text: `it answered ${numbers.length} numbers where one is needed` };
    return { label: null, value, score: null };
  }
  const labels = dataOf(found[outputs.label]);
  if (labels === null || labels.length !== 1)
    return { fault: "shape", text: `it answered ${labels?.length ?? 0} labels where one is needed` };
  const label = String(labels[0]);
  const value = Object.hasOwn(values, label) ? values[label]! : Number(label);
  if (label.trim() === "" || !Number.isFinite(value))
    return { fault: "label", text: `it answered "${label.slice(0, 100)}", and no value is known for it` };
  return { label: label.slice(0, 100), value, score: scoreOf(label, numbers, outputs.classes) };
}

function dataOf(value: OnnxValue | undefined): (ArrayLike<unknown> & Iterable<unknown>) | null {
  return value === undefined ? null : (value.data as ArrayLike<unknown> & Iterable<unknown>);
}

/** How sure the model is of its label; null where its numbers are no probabilities. */
function scoreOf(
  label: string,
  numbers: readonly number[],
  classes: readonly (string | number)[] | null,
): number | null {
  const sum = numbers.reduce((a, b) => a + b, 0);
  const isShare = numbers.length > 1 && Math.abs(sum - 1) <= SUM_TOLERANCE && numbers.every((one) => one >= 0);
  if (!isShare) return null;
  const at = classes?.length === numbers.length ? classes.findIndex((one) => String(one) === label) : -1;
  return Math.min(1, at < 0 ? Math.max(...numbers) : numbers[at]!);
}

export const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n", 1)[0]!.slice(0, 300);
