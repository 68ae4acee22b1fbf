import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { parse } from "yaml";
import { TapebellError } from "../../core/errors.ts";
import { isOwnSignal } from "../../core/messages/signal.ts";
import { rollingNames } from "../../core/rules/names.ts";
import { ModelCard, type ModelSettings } from "../../core/settings/streaming.ts";
import { modelError } from "./model-error.ts";
import { type Fed, type Inputs, inputsOf, type Outputs, outputsOf } from "./model-shape.ts";
import { type OnnxFile, readOnnx } from "./onnx-file.ts";
import { NotProto } from "./proto.ts";

/** A model that passed every check that needs no runtime: plain data, so that it can be handed to a thread. */
export interface Model {
  /** What its signals are called. */
  readonly name: string;
  /** As the settings spell it. */
  readonly file: string;
  /** The first of its SHA-256: which model said it, also after the file was replaced. */
  readonly sha: string;
  readonly bytes: Uint8Array;
  readonly features: readonly Fed[];
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  /** What a signal says for a label. */
  readonly values: Readonly<Record<string, number>>;
  readonly min_score: number;
  readonly min_value: number;
}

const BYTES_MAX = 128 * 1024 * 1024;
const CARD_BYTES_MAX = 65_536;
const CARDS = [".yaml", ".yml", ".json"];
const KNOWN_SHOWN = 200;
const CLASSES_MAX = 100;

const SKL2ONNX = 'convert it with skl2onnx: to_onnx(model, X[:1], options={"zipmap": False})';

/** What other files begin with, and what they are. */
const OTHERS: readonly (readonly [magic: readonly number[], what: string, hint: string])[] = [
  [[0x80, 0x02], "a pickle", SKL2ONNX],
  [[0x80, 0x03], "a pickle", SKL2ONNX],
  [[0x80, 0x04], "a pickle", SKL2ONNX],
  [[0x80, 0x05], "a pickle", SKL2ONNX],
  [[0x50, 0x4b], "an archive, such as joblib or PyTorch writes", "export the model to ONNX"],
  [[0x1f, 0x8b], "a compressed file", "unpack it"],
  [[0x89, 0x48, 0x44, 0x46], "an HDF5 file, such as Keras writes", "convert it with tf2onnx"],
];

/** Words for what a label says, unless the settings give it a value. */
const SAYS: Readonly<Record<string, number>> = {
  ...{ up: 1, buy: 1, long: 1, rise: 1, bullish: 1, positive: 1 },
  ...{ down: -1, sell: -1, short: -1, fall: -1, bearish: -1, negative: -1 },
  ...{ flat: 0, hold: 0, neutral: 0, none: 0 },
};

/** The model of the settings, checked against the windows there are. A path is looked up from `cwd`. */
export function readModel(settings: ModelSettings, windows: readonly string[], cwd: string): Model {
  const file = settings.model_path;
  const path = resolve(cwd, file);
  const bytes = bytesOf(path, file);
  const onnx = onnxOf(bytes, file);
  const card = { ...described(onnx, file), ...cardBeside(path, file), ...given(settings) };
  const features = featuresOf(card, onnx, windows, file);
  const outputs = outputsOf(onnx, file);
  const name = card.name ?? stem(file);
  if (isOwnSignal(name))
    throw modelError(
      file,
      `is called "${name}", as one of our own signals is`,
      "name it in inference.adapters.model.name",
    );
  return {
    name,
    file,
    sha: new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 12),
    bytes: onnx.bytes,
    features,
    inputs: inputsOf(onnx, features.length, file),
    outputs,
    values: valuesOf(onnx, outputs, card.values ?? {}, file),
    min_score: card.min_score ?? 0,
    min_value: card.min_value ?? 0,
  };
}

/** Differs when the model or what stands beside it is another. */
export function stampOf(file: string, cwd: string): string {
  const path = resolve(cwd, file);
  return [path, ...cardsOf(path)].map(stamp).join("|");
}

function stamp(path: string): string {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? "none" : `${found.mtimeMs} ${found.size} ${found.ino}`;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code ?? "unreadable";
  }
}

function cardsOf(path: string): string[] {
  const base = path.slice(0, path.length - extname(path).length);
  return CARDS.map((ending) => `${base}${ending}`);
}

function bytesOf(path: string, file: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > BYTES_MAX)
      throw modelError(
        file,
        `has ${size} bytes, more than ${BYTES_MAX}`,
        "give a smaller model, or one in half precision",
      );
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof TapebellError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "does not exist" : `cannot be read: ${message}`;
    throw modelError(
      file,
      why,
      "inference.adapters.model.model_path names an ONNX file; enabled: false switches it off",
      cause,
    );
  }
}

function onnxOf(bytes: Uint8Array, file: string): OnnxFile {
  const other = OTHERS.find(([magic]) => magic.every((byte, i) => bytes[i] === byte));
  if (other !== undefined) throw modelError(file, `is no ONNX file but ${other[1]}`, other[2]);
  try {
    const onnx = readOnnx(bytes);
    if (onnx !== null && onnx.outputs.length > 0) return onnx;
  } catch (cause) {
    if (!(cause instanceof NotProto)) throw cause;
    throw modelError(file, `is no ONNX file, or not all of one: ${cause.message}`, "export the model again", cause);
  }
  throw modelError(file, "is no ONNX file: it holds no graph", "export the model again");
}

/** What the model says of itself: `features` as a JSON list or names with commas, and `name`. */
function described({ metadata }: OnnxFile, file: string): ModelCard {
  const { features, name } = metadata;
  const list = (text: string): unknown => (text.trimStart().startsWith("[") ? parse(text) : text.split(","));
  return checked(
    {
      ...(features === undefined ? {} : { features: list(features) }),
      ...(name === undefined ? {} : { name }),
    },
    `the metadata of ${file}`,
  );
}

/** What stands in a file of the same name with .yaml or .json. */
function cardBeside(path: string, file: string): ModelCard {
  const found = cardsOf(path).find((one) => existsSync(one));
  if (found === undefined) return {};
  const shown = `${basename(found)} beside ${file}`;
  if (statSync(found).size > CARD_BYTES_MAX)
    throw modelError(shown, "is too large", `keep it under ${CARD_BYTES_MAX} bytes`);
  try {
    return checked(parse(readFileSync(found, "utf8"), { maxAliasCount: 0 }), shown);
  } catch (cause) {
    if (cause instanceof TapebellError) throw cause;
    throw modelError(
      shown,
      `cannot be read: ${(cause as Error).message.split("\n", 1)[0]}`,
      "it must be YAML or JSON",
      cause,
    );
  }
}

function checked(card: unknown, where: string): ModelCard {
  const parsed = ModelCard.safeParse(card ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const what =
    issue?.code === "unrecognized_keys"
      ? `there is no ${issue.keys.join(", ")}`
      : [...(issue?.path ?? []), issue?.message].join(": ");
  const hint = `allowed are ${Object.keys(ModelCard.shape).join(", ")}`;
  throw modelError(where, `is not understood: ${what}`, hint);
}

/** What the settings say wins over what stands beside the model, and that over what stands in it. */
function given(settings: ModelSettings): ModelCard {
  const known = Object.entries(settings).filter(
    ([key, value]) => Object.hasOwn(ModelCard.shape, key) && value !== undefined,
  );
  return Object.fromEntries(known) as ModelCard;
}

const stem = (file: string): string => basename(file, extname(file)).replaceAll("|", "_").slice(0, 100) || "model";

function featuresOf(card: ModelCard, onnx: OnnxFile, windows: readonly string[], file: string): Fed[] {
  const [first] = windows;
  if (first === undefined) throw modelError(file, "needs a window", "name one in features.windows");
  const plain = card.window ?? first;
  if (!windows.includes(plain))
    throw modelError(file, `is to read window "${plain}", which there is not`, `known: ${windows.join(", ")}`);
  const names = rollingNames(windows, plain);
  const [input] = onnx.inputs;
  const isNamed = onnx.inputs.length > 1 || (input !== undefined && names.key(input.name) !== null);
  const list = card.features ?? (isNamed ? onnx.inputs.map(({ name }) => name) : null);
  if (list === null) {
    const wanted = input?.shape?.at(-1);
    throw modelError(
      file,
      `does not say which features it reads${wanted === null || wanted === undefined ? "" : `; it wants ${wanted}`}`,
      "list them in the order of the training data: inference.adapters.model.features, or features: in a .yaml beside the model",
    );
  }
  return list.map((name) => {
    const key = names.key(name);
    if (key !== null) return { name, key };
    const more = names.known.length > KNOWN_SHOWN ? ` and ${names.known.length - KNOWN_SHOWN} more` : "";
    throw modelError(
      file,
      `reads "${name}", which there is not`,
      `known: ${names.known.slice(0, KNOWN_SHOWN).join(", ")}${more}; inference.adapters.model.features renames what a model reads`,
    );
  });
}

/** A value for each label: the settings', the number it is, or what its word says. */
function valuesOf(
  { classes }: OnnxFile,
  outputs: Outputs,
  values: Readonly<Record<string, number>>,
  file: string,
): Readonly<Record<string, number>> {
  if (outputs.label === null) return {};
  if (classes !== null && classes.length > CLASSES_MAX)
    throw modelError(file, `tells ${classes.length} classes apart`, `allowed are ${CLASSES_MAX}`);
  const found: Record<string, number> = { ...SAYS, ...values };
  for (const label of classes ?? []) {
    if (Object.hasOwn(values, String(label))) continue;
    if (typeof label === "number") found[String(label)] = label;
    else if (!Object.hasOwn(found, label))
      throw modelError(
        file,
        `answers "${label}", and no value is known for it`,
        `say what it means: inference.adapters.model.values: { ${JSON.stringify(label)}: 1 }`,
      );
  }
  return found;
}
