import { modelError } from "./model-error.ts";
import type { OnnxFile, Value } from "./onnx-file.ts";

/** A feature as the model's author calls it, and the key of a `rolling` record that holds it. */
export interface Fed {
  readonly name: string;
  readonly key: string;
}

export type Number32or64 = "float32" | "float64";

/** How a row of features is laid before a model: all in one tensor, or each in its own. */
export type Inputs = readonly { readonly name: string; readonly element: Number32or64; readonly width: number }[];

export interface Outputs {
  /** Of a classifier; null: the value is the answer. */
  readonly label: string | null;
  /** Of a classifier, its probabilities or scores: one tensor, or one per class. Else the value's one. */
  readonly numbers: readonly string[];
  readonly classes: readonly (string | number)[] | null;
}

const ZIPMAP = 'export it with options={"zipmap": False}';

const isFloat = (value: Value): value is Value & { element: Number32or64 } =>
  value.element === "float32" || value.element === "float64";

const shapeOf = ({ shape }: Value): string => (shape === null ? "any" : `[${shape.map((n) => n ?? "any").join(", ")}]`);

export function inputsOf({ inputs }: OnnxFile, features: number, file: string): Inputs {
  const hint = "give it one input of shape [None, n], or one of shape [None, 1] per feature, of floats or doubles";
  if (inputs.length === 0) throw modelError(file, "has no input", hint);
  for (const input of inputs) {
    if (!isFloat(input))
      throw modelError(file, `has an input "${input.name}" of another type than float or double`, hint);
    const [rows, ...rest] = input.shape ?? [null, null];
    if (rest.length > 1 || (rows !== null && rows !== undefined && rows !== 1))
      throw modelError(file, `has an input "${input.name}" of shape ${shapeOf(input)}`, hint);
  }
  const widths = inputs.map(({ shape }) => (shape === null ? null : (shape[1] ?? (shape.length === 1 ? 1 : null))));
  const [first] = widths;
  const wanted = inputs.length === 1 ? (first ?? features) : inputs.length;
  if (inputs.length > 1 && widths.some((width) => width !== null && width !== 1))
    throw modelError(file, `has ${inputs.length} inputs of several features each`, hint);
  if (wanted !== features)
    throw modelError(
      file,
      `wants ${wanted} features and is given ${features}`,
      "list exactly those it was trained on, in that order: inference.adapters.model.features",
    );
  return inputs.filter(isFloat).map(({ name, element }) => ({ name, element, width: features / inputs.length }));
}

export function outputsOf({ outputs, classes }: OnnxFile, file: string): Outputs {
  const odd = outputs.find(({ element }) => element === null);
  if (odd !== undefined)
    throw modelError(file, `answers "${odd.name}" as a map or list, which the runtime cannot hand out`, ZIPMAP);
  const label = outputs.find(({ element }) => element === "int64" || element === "int32" || element === "string");
  const numbers = outputs.filter(isFloat);
  if (label !== undefined) return { label: label.name, numbers: numbers.map(({ name }) => name), classes };
  const [value] = numbers;
  const width = value?.shape?.slice(1).reduce<number>((product, n) => product * (n ?? 1), 1) ?? 1;
  if (value === undefined || numbers.length > 1 || width !== 1)
    throw modelError(
      file,
      `answers ${outputs.map((one) => `"${one.name}" ${shapeOf(one)}`).join(" and ")}`,
      "a model answers one number, or a label and its probabilities",
    );
  return { label: null, numbers: [value.name], classes: null };
}
