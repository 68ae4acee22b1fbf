import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { TapebellError } from "../../core/errors.ts";
import type { ModelSettings } from "../../core/settings/streaming.ts";
import { readModel } from "./model-file.ts";
import { readOnnx } from "./onnx-file.ts";
import { NotProto } from "./proto.ts";
import { FEATURES, MODELS, modelOf, settingsOf, WINDOWS } from "./test-support/models.ts";

const dir = mkdtempSync(join(tmpdir(), "tapebell-model-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function refusal(file: string, more: Partial<ModelSettings> = {}, cwd = dir): string {
  try {
    readModel(settingsOf(file, more), WINDOWS, cwd);
  } catch (error) {
    if (!(error instanceof TapebellError) || error.hint === undefined) throw error;
    expect(error.kind).toBe("usage");
    return `${error.message}; ${error.hint}`;
  }
  throw new Error("nothing was refused");
}

describe("what is no model is refused: the file, what is wrong, what to do", () => {
  const made = (name: string, bytes: string | readonly number[]): string => {
    writeFileSync(join(dir, name), typeof bytes === "string" ? bytes : Uint8Array.from(bytes));
    return name;
  };
  test.each([
    ["a pickle under another name", [0x80, 0x04, 0x95], "is no ONNX file but a pickle; convert it with skl2onnx"],
    ["joblib", [0x50, 0x4b, 3, 4], "but an archive, such as joblib"],
    ["Keras", [0x89, 0x48, 0x44, 0x46], "convert it with tf2onnx"],
    ["text", "hello, I am a model\n", "is no ONNX file"],
    ["nothing", "", "it holds no graph"],
    ["a message without a graph", [0x08, 0x07], "it holds no graph"],
  ])("%s", (name, bytes, what) => {
    const said = refusal(made(`${name}.onnx`, bytes));
    expect(said).toContain(`model ${name}.onnx is no ONNX file`);
    expect(said).toContain(what);
  });

  test("half a file, none, one too large, a folder", () => {
    const half = readFileSync(join(MODELS, "forest.onnx"));
    expect(refusal(made("half.onnx", [...half.subarray(0, 2_000)]))).toContain(
      "half.onnx is no ONNX file, or not all of one",
    );
    expect(refusal("none.onnx")).toContain("model none.onnx does not exist; inference.adapters.model.model_path");
    truncateSync(join(dir, made("large.onnx", "")), 200_000_000);
    expect(refusal("large.onnx")).toContain("has 200000000 bytes, more than 134217728; give a smaller model");
    expect(refusal("../")).toContain("cannot be read");
  });

  test("the name of a signal of ours", () => {
    expect(refusal("logistic.onnx", { name: "short" }, MODELS)).toContain(
      'is called "short", as one of our own signals is; name it in inference.adapters.model.name',
    );
  });

  test("features: how many, which there are", () => {
    expect(refusal("logistic.onnx", { features: FEATURES.slice(1) }, MODELS)).toContain(
      "wants 3 features and is given 2; list exactly those it was trained on",
    );
    expect(refusal("logistic.onnx", { features: ["rsi", "macd", "n"] }, MODELS)).toMatch(
      /logistic.onnx reads "macd", which there is not; known: n, vwap, .*vol_5m_volatility/,
    );
    expect(refusal("logistic.onnx", { features: undefined }, MODELS)).toContain(
      "does not say which features it reads; it wants 3; list them",
    );
    expect(refusal("logistic.onnx", { window: "w9" }, MODELS)).toContain(
      'window "w9", which there is not; known: vwap_1m',
    );
    expect(refusal("named.onnx", { features: ["rsi"] }, MODELS)).toContain("wants 3 features and is given 1");
  });
});

test("a card beside the model says what the settings do not", () => {
  copyFileSync(join(MODELS, "words.onnx"), join(dir, "card.onnx"));
  writeFileSync(
    join(dir, "card.yaml"),
    "name: mood\nfeatures: [rsi, n, vol]\nwindow: vol_5m\nvalues: { up: 2 }\nmin_score: 0.6\n",
  );
  const beside = readModel(settingsOf("card.onnx", { features: undefined }), WINDOWS, dir);
  expect(beside).toMatchObject({ name: "mood", min_score: 0.6, min_value: 0, values: { up: 2, down: -1 } });
  expect(beside.features.map(({ key }) => key)).toEqual(["vol_5m_rsi_cutler14", "vol_5m_n", "vol_5m_vol"]);
  const settings = readModel(settingsOf("card.onnx", { name: "mine", min_score: 0.9 }), WINDOWS, dir);
  expect([settings.name, settings.min_score, settings.features[0]!.key]).toEqual(["mine", 0.9, "vol_5m_momentum"]);
  writeFileSync(join(dir, "card.yaml"), "nmae: mood\n");
  expect(refusal("card.onnx")).toMatch(
    /model card.yaml beside card.onnx is not understood: there is no nmae; allowed are name, features/,
  );
  writeFileSync(join(dir, "card.yaml"), "- [\n");
  expect(refusal("card.onnx")).toContain("cannot be read");
});

test("a ZipMap is taken off, nothing else is", () => {
  const bytes = readFileSync(join(MODELS, "forest.onnx"));
  const read = readOnnx(bytes)!;
  expect(read.outputs.map(({ name, element }) => [name, element])).toEqual([
    ["output_label", "int64"],
    ["probabilities", "float32"],
  ]);
  expect(read.classes).toEqual([-1, 0, 1]);
  expect(read.bytes.length).toBeLessThan(bytes.length);
  const again = readOnnx(read.bytes)!;
  expect([again.bytes, again.outputs, again.inputs]).toEqual([read.bytes, read.outputs, read.inputs]);
  const plain = readFileSync(join(MODELS, "logistic-plain.onnx"));
  expect(readOnnx(plain)!.bytes).toBe(plain);
});

test("whatever the bytes are, they are read or refused", () => {
  const whole = readFileSync(join(MODELS, "words.onnx"));
  const changed = fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
    .map((all) => {
      const bytes = Uint8Array.from(whole);
      for (const [at, byte] of all) bytes[at] = byte;
      return bytes;
    });
  const cut = fc.nat(whole.length).map((length) => whole.subarray(0, length));
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed, cut), (bytes) => {
      try {
        readOnnx(bytes);
      } catch (cause) {
        expect(cause).toBeInstanceOf(NotProto);
        refused++;
      }
    }),
    { numRuns: 2_000 },
  );
  expect(refused).toBeGreaterThan(100);
});

test("its signals are called as the file is", () => {
  expect(modelOf("logistic-plain")).toMatchObject({
    name: "logistic-plain",
    file: "logistic-plain.onnx",
    min_score: 0,
  });
});
