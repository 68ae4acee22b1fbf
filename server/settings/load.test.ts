import { afterAll, expect, test } from "bun:test";
import { NOT_YET } from "../../core/settings/not-yet.ts";
import { loadSettings } from "./load.ts";
import { type World, worlds } from "./test-support/world.ts";

const { folder, load, refusal, remove } = worlds();
afterAll(remove);

const YAML = "PORT: 1001\n";
const DOTENV = "PORT=1002\n";

test("each source wins over those before it, and is named", () => {
  const files = { "c.yaml": YAML, ".env": DOTENV };
  const config = ["--config", "c.yaml"];
  const said = (world: World): [number, string | undefined] => {
    const { settings, provenance } = load(world);
    return [settings.PORT, provenance.get("PORT")];
  };
  expect(said({})).toEqual([8787, undefined]);
  expect(said({ files: { "c.yaml": YAML }, argv: config })).toEqual([1001, "c.yaml line 1"]);
  expect(said({ files, argv: config })).toEqual([1002, ".env line 1"]);
  expect(said({ files, argv: config, env: { PORT: "1003" } })).toEqual([1003, "the environment"]);
  expect(said({ files, argv: ["--port", "1004", ...config], env: { PORT: "1003" } })).toEqual([
    1004,
    "the flag --port",
  ]);
  expect(said({ argv: ["--port", "1004", "--set", "PORT=1005"] })).toEqual([1005, "the flag --set"]);
});

test.each([
  [["--port", "9000"], { PORT: 9000 }],
  [["--PORT=9000"], { PORT: 9000 }],
  [["--log-level", "debug", "--log_format=json"], { LOG_LEVEL: "debug", LOG_FORMAT: "json" }],
  [["--set", "port=9000"], { PORT: 9000 }],
  [["--set=RSS_DEFAULT_TITLE=a=b"], { RSS_DEFAULT_TITLE: "a=b" }],
  [["--sentiment-fail-fast"], { SENTIMENT_FAIL_FAST: true }],
  [["--sentiment-fail-fast", "--port", "1"], { SENTIMENT_FAIL_FAST: true, PORT: 1 }],
  [["--sentiment-neg-threshold", "-0.3"], { SENTIMENT_NEG_THRESHOLD: -0.3 }],
  [["--database-url="], { DATABASE_URL: "" }],
  [["--window-labels=30m", "--alert-threshold-30m=0.2"], { alertThresholds: { "30m": 0.2 } }],
  [["--set", "micro_batch.window_ms=1000"], { streaming: { micro_batch: { window_ms: 1000 } } }],
  [["--set", "features.windows=[{name: a, horizon: 5s}]"], { streaming: { features: { windows: [{ name: "a" }] } } }],
  [["--set", "telemetry.log_level=ERROR"], { LOG_LEVEL: "error" }],
] as const)("flags %j", (argv, expected) => {
  expect(load({ argv }).settings).toMatchObject(expected as object);
});

test("a path set by a flag goes over the file's", () => {
  const files = { "c.yaml": "micro_batch: { window_ms: 5000, allow_late_ms: 7 }" };
  const argv = ["--config=c.yaml", "--set", "micro_batch.window_ms=1000"];
  expect(load({ files, argv }).settings.streaming.micro_batch).toMatchObject({ window_ms: 1000, allow_late_ms: 7 });
});

test("flags of the command, what is no flag, and extra names are handed back", () => {
  const loaded = loadSettings({
    argv: ["bars", "--roles", "ingest,serve", "--follow", "--set", "interval=1m", "--", "--port"],
    env: {},
    cwd: folder(),
    ownFlags: { roles: "value", follow: "switch" },
    extras: ["INTERVAL"],
  });
  expect(loaded.flags).toEqual({ roles: "ingest,serve", follow: true });
  expect(loaded.rest).toEqual(["bars", "--port"]);
  expect(loaded.extras).toEqual({ INTERVAL: "1m" });
});

test("callers that read their own flags hand config and sets over", () => {
  const cwd = folder({ "c.yaml": YAML });
  expect(loadSettings({ cwd, env: {}, config: "c.yaml" }).settings.PORT).toBe(1001);
  expect(loadSettings({ cwd, env: {}, config: "c.yaml", sets: ["PORT=5"] }).settings.PORT).toBe(5);
});

test("a variable that is set but empty counts as not set, unless empty means something", () => {
  const { settings } = load({
    files: { ".env": "DATABASE_URL=postgres://h/d\nHOST=\n" },
    env: { PORT: "", DATABASE_URL: "" },
  });
  expect(settings).toMatchObject({ PORT: 8787, HOST: "127.0.0.1", DATABASE_URL: "" });
  expect(refusal({ argv: ["--port="] }).message).toContain("PORT= (from the flag --port)");
});

test("the environment belongs to others too: what looks like ours is warned about, the rest is left alone", () => {
  const env = {
    SENTIMENT_BATCHSIZE: "1",
    SYNTHETIC_WHATEVER: "1",
    DATABASE_ULR: "x",
    PATH: "/bin",
    HOSTNAME: "h",
    POST: "x",
    KAFKA_HOME: "/k",
    npm_config_x: "y",
  };
  expect(load({ env }).warnings.toSorted()).toEqual([
    "DATABASE_ULR in the environment is no setting; did you mean DATABASE_URL?",
    "SENTIMENT_BATCHSIZE in the environment is no setting; did you mean SENTIMENT_BATCH_SIZE?",
    "SYNTHETIC_WHATEVER in the environment is no setting",
  ]);
});

test("what is set and has no effect yet is said in one line; what is not set is not", () => {
  expect(load({}).warnings).toEqual([]);
  const [first, second] = NOT_YET.filter((name) => name.endsWith("_LOG_EVERY"));
  if (first === undefined || second === undefined) return;
  const { warnings } = load({ env: { [first]: "7", [second]: "7" } });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(first);
  expect(warnings[0]).toContain(second);
});

test("of two names said in the environment, the plain one counts, whatever their order", () => {
  const both = { KAFKA_BROKERS: "a:1", KAFKA_BROKERS_RAW: "b:1" };
  expect(load({ env: both }).settings.KAFKA_BROKERS).toEqual(["a:1"]);
  const { KAFKA_BROKERS, KAFKA_BROKERS_RAW } = both;
  expect(load({ env: { KAFKA_BROKERS_RAW, KAFKA_BROKERS } }).settings.KAFKA_BROKERS).toEqual(["a:1"]);
});

test("a YAML variable is filled from the environment, else from .env", () => {
  const files = { "c.yaml": "HOST: ${BIND}", ".env": "LOG_LEVEL=debug\n" };
  expect(load({ files, argv: ["--config=c.yaml"], env: { BIND: "::1" } }).settings.HOST).toBe("::1");
  const own = { "c.yaml": "HOST: ${LOG_LEVEL}", ".env": "LOG_LEVEL=debug\n" };
  expect(load({ files: own, argv: ["--config=c.yaml"] }).settings.HOST).toBe("debug");
});

test("the description names every source and hides what is secret", () => {
  const { describe: say } = load({ env: { API_KEYS: "hunter2", PORT: "1" }, argv: ["--set", "HOST=::1"] });
  const rows = new Map(say().map((row) => [row.name, row]));
  expect(rows.get("PORT")).toMatchObject({ value: "1", from: "the environment" });
  expect(rows.get("HOST")).toMatchObject({ value: "::1", from: "the flag --set" });
  expect(rows.get("FEED")).toMatchObject({ value: "auto", from: "default" });
  expect(JSON.stringify([...rows.values()])).not.toContain("hunter2");
});
