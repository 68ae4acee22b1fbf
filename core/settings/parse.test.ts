import { expect, test } from "bun:test";
import fc from "fast-check";
import { GROUPS, SETTING_NAMES, SETTINGS, type Settings } from "./index.ts";
import { NOT_YET } from "./not-yet.ts";
import { type Given, type Parsed, parseSettings } from "./parse.ts";
import { Streaming } from "./streaming.ts";

const say = (...pairs: [string, string][]): Given[] => pairs.map(([name, text]) => ({ name, text, from: "a test" }));
const parse = (...pairs: [string, string][]): Parsed => parseSettings(say(...pairs));

function good(...pairs: [string, string][]): Settings {
  const { settings, problems } = parse(...pairs);
  expect(problems).toEqual([]);
  if (settings === null) throw new Error("refused without a problem");
  return settings;
}
const problem = (...pairs: [string, string][]): string => parse(...pairs).problems[0]?.text ?? "(none)";

test("the defaults are those of the source systems and the product", () => {
  const s = good();
  expect(s).toMatchObject({
    PORT: 8787,
    HOST: "127.0.0.1",
    METRICS_PORT: null,
    DATABASE_URL: "",
    FEED: "auto",
    SYMBOLS: { top: 30, names: [], exclude: [] },
    BUS: "embedded",
    WINDOW_LABELS: ["1m", "5m", "15m"],
    alertThresholds: { "1m": 0.05, "5m": 0.08, "15m": 0.12 },
    ANOMALY_COOLDOWN_SEC: 60,
    WINDOW_MAX_GAP_FACTOR: 1.5,
    VOL_RESAMPLE_SEC: 5,
    WINDOW_HISTORY_MAXLEN: 300,
    EWMA_RETURN_ALPHA: 0.25,
    EWMA_Z_CAP: 6,
    RETURN_PERCENTILE_LOW: 0.05,
    RETURN_PERCENTILE_HIGH: 0.95,
    SENTIMENT_NEG_THRESHOLD: -0.2,
    SENTIMENT_MAX_LATENCY_MS: null,
    SENTIMENT_LIGHT_RUNTIME: false,
    SUMMARY_BATCH_MAX: null,
    SUMMARY_DLQ_BUFFER_MAX_BYTES: 52_428_800,
    LLM_PROVIDER: "stub",
    KAFKA_BROKERS: ["localhost:9092"],
    PROFILES: [],
    SIGNAL_RETURN_THRESHOLD: 0.003,
    SIGNAL_VOLUME_THRESHOLD: 1,
    SIGNAL_SPREAD_MAX_BPS: 20,
    ROLLING_WINDOW_SECONDS: 60,
    FEATURES_PUB_RATE_HZ: 10,
    REPLAY_BIN_MS: 10,
    REPLAY_MAX_LATE_MS: 500,
    SNOWFLAKE_FLUSH_MINUTES: 5,
    BAR_STALL_MS: 10_000,
    BAR_REVISE_MS: 900_000,
    CHECKPOINT_SEC: 15,
    TASK_RESTART_MAX_PER_MIN: 10,
  });
  expect(s.streaming.micro_batch).toEqual({
    window_ms: null,
    max_batch_size: 5_000,
    allow_late_ms: 500,
    flush_timeout_ms: 1_000,
  });
});

test("every setting is declared well: a default its own schema takes, words for what it means and allows, one group", () => {
  const grouped = Object.values(GROUPS).flatMap((members) => Object.keys(members));
  expect(grouped.toSorted()).toEqual(SETTING_NAMES.toSorted());
  for (const name of SETTING_NAMES) {
    const { schema, fallback, meaning, allowed } = SETTINGS[name];
    expect(schema.safeParse(fallback).success, name).toBe(true);
    expect(meaning, name).not.toContain("\n");
    expect(meaning.length, name).toBeGreaterThan(5);
    expect(allowed, name).not.toBe("");
  }
  expect(new Set(NOT_YET).size).toBe(NOT_YET.length);
});

test("settings cross threads as they are", () => {
  const s = good();
  expect(structuredClone(s)).toEqual(s);
});

test.each([
  ["PORT", "abc"],
  ["PORT", "65536"],
  ["PORT", "-1"],
  ["PORT", "80.5"],
  ["PORT", "0x50"],
  ["PORT", "1e3"],
  ["PORT", ""],
  ["BUS_FSYNC", "sometimes"],
  ["LOG_LEVEL", "loud"],
  ["DATABASE_URL", "mysql://x"],
  ["DATABASE_URL", "postgres://"],
  ["SYMBOLS", ""],
  ["SYMBOLS", "!BTC*"],
  ["SYMBOLS", "top:0"],
  ["SYMBOLS", "top:501"],
  ["SYMBOLS", "top:10,top:20"],
  ["SYMBOLS", "BTC USDT"],
  ["WINDOW_LABELS", ""],
  ["WINDOW_LABELS", "1d"],
  ["WINDOW_LABELS", "25h"],
  ["WINDOW_LABELS", "0m"],
  ["EWMA_RETURN_ALPHA", "0"],
  ["EWMA_RETURN_ALPHA", "1.01"],
  ["ANOMALY_COOLDOWN_SEC", "-5"],
  ["ANOMALY_COOLDOWN_SEC", "NaN"],
  ["ANOMALY_COOLDOWN_SEC", "Infinity"],
  ["ALERT_THRESHOLD_30M", "0"],
  ["KAFKA_BROKERS", "localhost"],
  ["PROFILES", "narrator,unknown"],
  ["ENABLE_DB_INIT", "maybe"],
  ["PRICE_TOPIC", "two words"],
  ["SYNTHETIC_SEED", "4294967296"],
])("%s=%s is refused with key, value, source and what is allowed", (name, text) => {
  const said = problem([name, text]);
  expect(said).toStartWith(`${name}=${text} (from a test): allowed is `);
});

test.each([
  ["PORT", "0", 0],
  ["PORT", " 8080 ", 8080],
  ["LOG_LEVEL", "INFO", "info"],
  ["LOG_LEVEL", "Warning", "warn"],
  ["LOG_LEVEL", "CRITICAL", "fatal"],
  ["BUS", "Redis", "redis"],
  ["ENABLE_DB_INIT", "No", false],
  ["METRICS_PORT", "", null],
  ["SYMBOLS", "btcusdt, ETHUSDT,btcusdt", { top: null, names: ["BTCUSDT", "ETHUSDT"], exclude: [] }],
  ["SYMBOLS", "top:5,SOLUSDT,!*DOWNUSDT", { top: 5, names: ["SOLUSDT"], exclude: ["*DOWNUSDT"] }],
  ["WINDOW_LABELS", "30s,1H", ["30s", "1h"]],
  ["KAFKA_BROKERS", "a:1, b:2", ["a:1", "b:2"]],
  ["NEWS_RSS", "", []],
  ["LATE_PRICE_TOLERANCE_SEC", ".5", 0.5],
  ["SENTIMENT_NEG_THRESHOLD", "-1e-1", -0.1],
  ["DATABASE_URL", "postgresql:///db?host=/run/pg", "postgresql:///db?host=/run/pg"],
] as const)("%s=%s is %p", (name, text, value) => {
  expect(good([name, text])[name] as unknown).toEqual(value as unknown);
});

test.each([
  [["RETURN_PERCENTILE_LOW", "0.95"], "RETURN_PERCENTILE_HIGH"],
  [["RETRY_JITTER_MIN", "1.6"], "RETRY_JITTER_MAX"],
  [["SENTIMENT_NEG_THRESHOLD", "0.3"], "SENTIMENT_POS_THRESHOLD"],
  [["PRICE_BACKOFF_BASE_SEC", "61"], "PRICE_BACKOFF_CAP_SEC"],
  [["WINDOW_LABELS", "1m,5m,1M"], "unique"],
  [["VOL_RESAMPLE_SEC", "0.04"], "a 20000th of the longest of WINDOW_LABELS"],
  [["METRICS_PORT", "8787"], "PORT"],
  [["LLM_PROVIDER", "openai-compatible"], "LLM_BASE_URL"],
] as const)("%p contradicts another setting", ([name, text], other) => {
  const said = problem([name, text]);
  expect(said).toContain(name);
  expect(said).toContain(other);
});

test("jitter bounds may be equal", () => {
  expect(good(["RETRY_JITTER_MIN", "1.5"]).RETRY_JITTER_MIN).toBe(1.5);
});

test("any window has a threshold of its own, or one on the curve that is said", () => {
  const parsed = parse(["WINDOW_LABELS", "1m,30m,2h"], ["ALERT_THRESHOLD_30M", "0.2"], ["ALERT_THRESHOLD_1M", "0.01"]);
  const thresholds = parsed.settings?.alertThresholds ?? {};
  expect(thresholds).toMatchObject({ "1m": 0.01, "30m": 0.2 });
  expect(thresholds["2h"]).toBeGreaterThan(0.12);
  expect(parsed.warnings).toEqual([`ALERT_THRESHOLD_2H is not set: 2h alerts at ${thresholds["2h"]}`]);
  expect(problem(["ALERT_THRESHOLD_SOON", "0.2"])).toContain("is no setting");
  expect(problem(["ALERT_THRESHOLD_1D", "0.2"])).toContain("is no setting");
});

test("two names of one thing: the later counts for both", () => {
  expect(good(["KAFKA_BROKERS_RAW", "a:1"]).KAFKA_BROKERS).toEqual(["a:1"]);
  expect(good(["REDIS_URL", "redis://a"], ["REDIS_URI", "redis://b"])).toMatchObject({
    REDIS_URL: "redis://b",
    REDIS_URI: "redis://b",
  });
});

test("an unknown name is refused with the nearest one", () => {
  expect(parse(["PROT", "1"]).problems[0]).toMatchObject({ code: "unknown_setting", hint: "did you mean PORT?" });
  expect(parse(["port", "1"]).problems[0]?.hint).toBe("did you mean PORT?");
  expect(parse(["zzzzzzzz", "1"]).problems[0]?.hint).toContain("tapebell config");
  for (const name of ["constructor", "__proto__", "toString"]) expect(problem([name, "1"])).toContain("is no setting");
});

test("an overridden bad value is still refused; all problems are found at once", () => {
  expect(parse(["PORT", "x"], ["PORT", "1"], ["HOST", ""]).problems).toHaveLength(2);
});

test("any text for any name is a value or a problem, never a throw", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SETTING_NAMES), fc.string({ maxLength: 60 }), (name, text) => {
      const { settings, problems } = parse([name, text]);
      expect(settings === null).toBe(problems.length > 0);
    }),
  );
});

test("numbers come back as written", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1_000, noNaN: true }), (value) => {
      expect(good(["EWMA_Z_CAP", String(value)]).EWMA_Z_CAP).toBe(value);
    }),
  );
});

test("sections: unknown keys, wrong types, pickles and double windows are refused by path", () => {
  const said = (sections: unknown): string[] => parseSettings([], sections).problems.map((one) => one.text);
  expect(said({ micro_batch: { windows_ms: 5 } })[0]).toStartWith(
    "micro_batch.windows_ms (from the file) is no setting",
  );
  expect(said({ micro_batch: { window_ms: 0 } })[0]).toBe(
    "micro_batch.window_ms=0 (from the file): allowed is a whole number of milliseconds from 100 to 86400000, a multiple of 100",
  );
  expect(said({ micro_batch: { window_ms: 250 } })[0]).toContain("a multiple of 100");
  expect(said({ micro_batch: { window_ms: 300 } })).toEqual([]);
  expect(said({ inference: { adapters: { sklearn: { model_path: "models/m.pkl" } } } })[0]).toContain("skl2onnx");
  const twice = [
    { name: "a", horizon: "1s" },
    { name: "a", horizon: "2s" },
  ];
  expect(said({ features: { windows: twice } })[0]).toContain("unique");
  expect(said({ features: { windows: [{ name: "a", horizon: "soon" }] } })[0]).toContain("features.windows.0.horizon");
  expect(said({ bus: [] })[0]).toContain("a section of keys");
  expect(said({ version: 2 })[0]).toContain("version=2");
});

test("any sections are values or problems, never a throw", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(Streaming.shape), "other"), fc.anything()), (sections) => {
      const { settings, problems } = parseSettings([], sections);
      expect(settings === null).toBe(problems.length > 0);
    }),
  );
});
