import { readFileSync } from "node:fs";
import { type ModelSettings, modelSettings, Streaming } from "../../../core/settings/streaming.ts";
import { type Model, readModel } from "../model-file.ts";

/** The models made by models/test/make.py. */
export const MODELS = new URL("../../../models/test", import.meta.url).pathname;
export const WINDOWS = ["vwap_1m", "ret_30s", "vol_5m"];
export const FEATURES = ["momentum", "rsi", "volatility"];

interface Said {
  readonly model: string;
  readonly label?: (string | number)[];
  readonly probabilities?: number[][];
  readonly value?: number[];
}

/** What scikit-learn answers. */
export function expected(): { readonly rows: number[][]; readonly models: Said[] } {
  const lines = readFileSync(`${MODELS}/expected.jsonl`, "utf8").trimEnd().split("\n");
  const [head, ...models] = lines.map((line) => JSON.parse(line)) as [{ rows: number[][] }, ...Said[]];
  return { rows: head.rows, models };
}

export function settingsOf(file: string, more: Partial<ModelSettings> = {}): ModelSettings {
  const model = { enabled: true, model_path: file, features: FEATURES, ...more };
  return modelSettings(Streaming.parse({ inference: { adapters: { model } } }))!;
}

export const modelOf = (name: string, more: Partial<ModelSettings> = {}): Model =>
  readModel(settingsOf(`${name}.onnx`, more), WINDOWS, MODELS);
