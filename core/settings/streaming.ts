import { z } from "zod";

const Topic = z
  .string("a topic name")
  .regex(/^[A-Za-z0-9._-]{1,249}$/, "a topic name of letters, digits, dot, dash and underscore");
const Group = z.string("a name").min(1, "a name").max(249, "a name of at most 249 characters");
const Symbols = z
  .array(z.string("a symbol").regex(/^[A-Za-z0-9._\-/:]{1,64}$/, "a symbol"), "a list of symbols")
  .max(1_000, "at most 1000 symbols");
const Switch = z.boolean("true or false");
/** Every refusal is worded as what is allowed, since that is how it is shown. */
const section = <S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject(shape, "a section of keys");
const number = (min: number, max: number, words = `a number from ${min} to ${max}`) =>
  z.number(words).min(min, words).max(max, words);
const whole = (min: number, max: number, words = `a whole number from ${min} to ${max}`) =>
  number(min, max, words).int(words);

const HORIZON_UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const HORIZON_MAX_MS = 86_400_000;

/** "60s" → 60000; null for what is no horizon. */
function horizonMs(text: string): number | null {
  const match = /^([1-9]\d{0,7})(ms|s|m|h)$/.exec(text);
  const length_ms = match === null ? 0 : Number(match[1]) * (HORIZON_UNIT_MS[match[2] ?? ""] ?? 0);
  return length_ms > 0 && length_ms <= HORIZON_MAX_MS ? length_ms : null;
}

const PICKLE = /\.(pkl|pickle|joblib)$/i;
const ModelPath = z
  .string("a path, or empty")
  .max(4_096)
  .refine((path) => !PICKLE.test(path), "an ONNX file; convert a pickled model with skl2onnx");

const Window = section({
  name: z.string("a name").regex(/^[A-Za-z0-9_.-]{1,64}$/, "a name of letters, digits, dot, dash and underscore"),
  horizon: z
    .string("a length such as 60s")
    .refine((text) => horizonMs(text) !== null, "a length such as 500ms, 60s or 5m, up to 24h"),
});

const streamNames = {
  stream: Topic.default("mdp.events"),
  signals_stream: Topic.default("mdp.signals"),
  consumer_group: Group.default("mdp-consumers"),
};

const FEATURES_MAX = 1_000;
/** As any bar's length. */
const WINDOW_WORDS = "a whole number of milliseconds from 100 to 86400000, a multiple of 100";

/** What a model reads and what its answers mean: beside it in a file, in its own metadata, or in the settings. */
export const ModelCard = section({
  /** What its signals are called; the file's name unless it is said. */
  name: z
    .string("a name")
    .regex(/^[^|\s][^|]{0,99}$/, "a name of at most 100 characters without |")
    .optional(),
  /** Rolling features in the order of the training data, named as in rules. */
  features: z
    .array(z.string("a feature's name").trim().min(1, "a feature's name"), "a list of features")
    .min(1, "at least one feature")
    .max(FEATURES_MAX, `at most ${FEATURES_MAX} features`)
    .optional(),
  /** The window that plain names belong to; the first unless it is said. */
  window: z.string("a window's name").optional(),
  /** What a signal says for a label: above 0 up, below 0 down, 0 nothing. */
  values: z.record(z.string(), z.number("a number"), "labels with a number each").optional(),
  /** A classifier's answer counts from this probability on. */
  min_score: number(0, 1).optional(),
  /** A regressor's answer counts from this size on. */
  min_value: number(0, Number.MAX_VALUE, "a number from 0").optional(),
});
export type ModelCard = z.output<typeof ModelCard>;

const ModelSettings = section({
  enabled: Switch.default(false),
  model_path: ModelPath.default(""),
  ...ModelCard.shape,
  pool_size: whole(1, 16).default(1),
  timeout_ms: whole(10, 600_000).default(1_000),
  queue_max: whole(1, 100_000).default(5_000),
  breaker_failures: whole(1, 1_000).default(5),
  breaker_open_ms: whole(100, 3_600_000).default(30_000),
}).refine(({ enabled, model_path }) => !enabled || model_path !== "", {
  message: "an ONNX file while it is enabled",
  path: ["model_path"],
});
export type ModelSettings = z.output<typeof ModelSettings>;

/** The sections of streaming.yaml, with the keys and defaults of the source system. */
export const Streaming = section({
  version: z.literal(1, "1").default(1),
  bus: section({
    redis: section(streamNames).prefault({}),
    kafka: section(streamNames).prefault({}),
  }).prefault({}),
  producers: section({
    synthetic: section({
      enabled: Switch.default(true),
      symbols: Symbols.default(["SPY", "AAPL", "MSFT"]),
      tick_rate: number(0.001, 1_000_000).default(1),
      price_volatility: number(0, 10).default(0.02),
      seed: whole(0, 4_294_967_295).optional(),
    }).prefault({}),
    ibkr: section({
      enabled: Switch.default(false),
      symbols: Symbols.default([]),
      host: z.string("a host name").min(1, "a host name").default("127.0.0.1"),
      port: whole(1, 65_535).default(7497),
      client_id: whole(0, 2_147_483_647).default(1),
    }).prefault({}),
  }).prefault({}),
  micro_batch: section({
    /** Null: the live market is cut into the usual bars alone. */
    window_ms: whole(100, 86_400_000, WINDOW_WORDS).multipleOf(100, WINDOW_WORDS).nullable().default(null),
    max_batch_size: whole(1, 1_000_000).default(5_000),
    allow_late_ms: whole(0, 86_400_000).default(500),
    flush_timeout_ms: whole(1, 86_400_000).default(1_000),
  }).prefault({}),
  features: section({
    windows: z
      .array(Window, "a list of windows")
      .max(64, "at most 64 windows")
      .refine((windows) => new Set(windows.map((one) => one.name)).size === windows.length, "windows of unique names")
      .default([
        { name: "vwap_1m", horizon: "60s" },
        { name: "ret_30s", horizon: "30s" },
        { name: "vol_5m", horizon: "300s" },
      ]),
  }).prefault({}),
  inference: section({
    adapters: section({
      rules: section({
        enabled: Switch.default(true),
        file: z.string("a path").min(1, "a path").default("configs/rules.yaml"),
      }).prefault({}),
      /** The source system's word for `model`. */
      sklearn: ModelSettings.prefault({}),
      model: ModelSettings.prefault({}),
    })
      .refine(({ sklearn, model }) => !(sklearn.enabled && model.enabled), {
        message: "one model: sklearn is another name of model",
        path: ["sklearn", "enabled"],
      })
      .prefault({}),
  }).prefault({}),
  telemetry: section({}).prefault({}),
});
export type Streaming = z.output<typeof Streaming>;

/** The model that is switched on, under either name. */
export function modelSettings({ inference: { adapters } }: Streaming): ModelSettings | null {
  return [adapters.model, adapters.sklearn].find(({ enabled }) => enabled) ?? null;
}

export const SECTIONS: readonly string[] = Object.keys(Streaming.shape);

/** Every other path the file may hold, for "did you mean"; entries of lists are not named. */
export const STREAMING_PATHS: readonly string[] = leaves(Streaming.parse({}), "");

function leaves(node: unknown, prefix: string): string[] {
  if (typeof node !== "object" || node === null || Array.isArray(node)) return [prefix];
  return Object.entries(node).flatMap(([key, value]) => leaves(value, prefix === "" ? key : `${prefix}.${key}`));
}
