import { concat, type Field, fieldsOf, intsOf, lengthField, textOf, varintField } from "./proto.ts";

/** What a value of a model is; null: no plain tensor of a type we read (a map, a sequence, half precision). */
export type Element = "float32" | "float64" | "int32" | "int64" | "string" | null;

export interface Value {
  readonly name: string;
  readonly element: Element;
  /** null: any number. */
  readonly shape: readonly (number | null)[] | null;
}

export interface OnnxFile {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly metadata: Readonly<Record<string, string>>;
  /** What a classifier tells apart, in the order of its probabilities; null where the file does not say. */
  readonly classes: readonly (string | number)[] | null;
  /** What is to be run: the file, without a ZipMap at its end. */
  readonly bytes: Uint8Array;
}

// Field numbers of the ONNX format.
const MODEL = { graph: 7, metadata: 14 };
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, op: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, ints: 8, strings: 9 };
const TENSOR_NAME = 8;
const VALUE = { name: 1, type: 2 };
const TENSOR_TYPE = 1;
const TYPE = { element: 1, shape: 2 };
const DIMENSION = 1;

const ELEMENTS: Readonly<Record<number, Element>> = {
  1: "float32",
  6: "int32",
  7: "int64",
  8: "string",
  11: "float64",
};
const FLOAT = 1;

const all = (bytes: Uint8Array, number: number): Field[] => [...fieldsOf(bytes)].filter((one) => one.number === number);
const texts = (bytes: Uint8Array, number: number): string[] => all(bytes, number).map((one) => textOf(one.bytes));
const text = (bytes: Uint8Array, number: number): string => texts(bytes, number)[0] ?? "";

/** Null when the bytes hold no graph; throws `NotProto` when they are not even the format it is written in. */
export function readOnnx(bytes: Uint8Array): OnnxFile | null {
  const model = [...fieldsOf(bytes)];
  const graph = model.find((one) => one.number === MODEL.graph);
  if (graph === undefined) return null;
  const fields = [...fieldsOf(graph.bytes)];
  const nodes = fields.filter((one) => one.number === GRAPH.node);
  const plain = withoutZipMap(fields, nodes);
  const constants = new Set(
    fields.filter((one) => one.number === GRAPH.initializer).map((one) => text(one.bytes, TENSOR_NAME)),
  );
  const values = (number: number): Value[] =>
    plain.filter((one) => one.number === number).map((one) => readValue(one.bytes));
  const metadata = model
    .filter((one) => one.number === MODEL.metadata)
    .map((one) => [text(one.bytes, 1), text(one.bytes, 2)] as const);
  return {
    inputs: values(GRAPH.input).filter(({ name }) => !constants.has(name)),
    outputs: values(GRAPH.output),
    metadata: Object.fromEntries(metadata),
    classes: classesOf(nodes),
    bytes:
      plain === fields
        ? bytes
        : concat(
            model.map((one) =>
              one === graph ? lengthField(MODEL.graph, concat(plain.map((f) => f.whole))) : one.whole,
            ),
          ),
  };
}

function readValue(bytes: Uint8Array): Value {
  const [type] = all(bytes, VALUE.type);
  const [tensor] = type === undefined ? [] : all(type.bytes, TENSOR_TYPE);
  const name = text(bytes, VALUE.name);
  if (tensor === undefined) return { name, element: null, shape: null };
  const [element] = all(tensor.bytes, TYPE.element);
  const [shape] = all(tensor.bytes, TYPE.shape);
  return {
    name,
    element: ELEMENTS[Number(element?.int ?? 0n)] ?? null,
    shape: shape === undefined ? null : all(shape.bytes, DIMENSION).map(({ bytes: dimension }) => sizeOf(dimension)),
  };
}

/** A size below 1 is how converters write "any". */
function sizeOf(dimension: Uint8Array): number | null {
  const size = intsOf(all(dimension, 1))[0];
  return size === undefined || size < 1 ? null : size;
}

/**
 * skl2onnx ends a classifier with a ZipMap unless told otherwise: it makes of the probabilities a list of maps, which the
 * runtime can compute but not hand out. Their tensor is handed out instead; nothing that is computed changes.
 */
function withoutZipMap(fields: readonly Field[], nodes: readonly Field[]): readonly Field[] {
  const tensors = new Map<string, string>();
  const dropped = new Set<Field>();
  for (const node of nodes) {
    if (text(node.bytes, NODE.op) !== "ZipMap") continue;
    dropped.add(node);
    tensors.set(text(node.bytes, NODE.output), text(node.bytes, NODE.input));
  }
  if (dropped.size === 0) return fields;
  return fields
    .filter((one) => !dropped.has(one))
    .map((one) => {
      const tensor = one.number === GRAPH.output ? tensors.get(text(one.bytes, VALUE.name)) : undefined;
      return tensor === undefined ? one : floatOutput(tensor);
    });
}

function floatOutput(name: string): Field {
  const type = lengthField(VALUE.type, lengthField(TENSOR_TYPE, varintField(TYPE.element, FLOAT)));
  const bytes = concat([lengthField(VALUE.name, new TextEncoder().encode(name)), type]);
  return { number: GRAPH.output, int: 0n, bytes, whole: lengthField(GRAPH.output, bytes) };
}

/** The last node that names classes speaks for the whole: what stands before it may tell other things apart. */
function classesOf(nodes: readonly Field[]): readonly (string | number)[] | null {
  for (const node of nodes.toReversed()) {
    for (const { bytes } of all(node.bytes, NODE.attribute)) {
      if (!text(bytes, ATTRIBUTE.name).startsWith("classlabels_")) continue;
      const words = texts(bytes, ATTRIBUTE.strings);
      const found = words.length > 0 ? words : intsOf(all(bytes, ATTRIBUTE.ints));
      if (found.length > 0) return found;
    }
  }
  return null;
}
