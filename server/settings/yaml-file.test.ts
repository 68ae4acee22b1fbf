import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { TapebellError } from "../../core/errors.ts";
import { parseSettings } from "../../core/settings/parse.ts";
import { readYaml } from "./yaml-file.ts";

const ROOT = join(import.meta.dir, "..", "..");
const SEEDS = join(process.env.SHARED_DIR ?? join(ROOT, "..", "shared"), "seeds");
const seeds = ((): string[] => {
  try {
    return readdirSync(SEEDS);
  } catch {
    return [];
  }
})();
const pipeline = seeds.find((name) => name.startsWith("002"));
if (pipeline === undefined) console.log(`skipped: the pipeline's own streaming.yaml, since ${SEEDS} is not there`);

const nothing = (): undefined => undefined;
const load = (content: string, env: Record<string, string> = {}) => {
  const yaml = readYaml(content, "s.yaml", (name) => env[name]);
  return { yaml, parsed: parseSettings(yaml.given, yaml.sections, yaml.from) };
};
const flat = (content: string, env: Record<string, string> = {}) =>
  load(content, env).yaml.given.map(({ name, text, from }) => [name, text, from]);

test.skipIf(pipeline === undefined)("the pipeline's own streaming.yaml loads as it is (needs ../shared/seeds)", () => {
  const text = readFileSync(join(SEEDS, pipeline ?? ""), "utf8");
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  const streaming = blocks.find((block) => block.includes("micro_batch:")) ?? "";
  const { parsed } = load(streaming, { REDIS_URI: "redis://elsewhere:6379/1" });
  expect(parsed.problems).toEqual([]);
  expect(parsed.settings).toMatchObject({
    BUS: "redis",
    REDIS_URL: "redis://elsewhere:6379/1",
    METRICS_PORT: 9101,
    LOG_LEVEL: "info",
    streaming: {
      bus: { redis: { stream: "mdp.events", signals_stream: "mdp.signals", consumer_group: "mdp-consumers" } },
      producers: { synthetic: { symbols: ["SPY", "AAPL", "MSFT"], tick_rate: 1, price_volatility: 0.02 } },
      micro_batch: { window_ms: 2000, max_batch_size: 5000, allow_late_ms: 500, flush_timeout_ms: 1000 },
      inference: { adapters: { rules: { enabled: true }, sklearn: { enabled: false, model_path: "" } } },
    },
  });
  expect(load(streaming).parsed.settings?.REDIS_URL).toBe("redis://redis:6379/0");
  const pickled = blocks.find((block) => block.includes(".pkl")) ?? "";
  expect(load(pickled).parsed.problems[0]?.text).toContain("skl2onnx");
  const windows = blocks.find((block) => block.startsWith("features:")) ?? "";
  expect(load(windows).parsed.settings?.streaming.features.windows).toHaveLength(3);
});

test("the example of ours loads, and says what the defaults say", () => {
  const { parsed } = load(readFileSync(join(ROOT, "configs", "streaming.yaml"), "utf8"));
  expect(parsed.problems).toEqual([]);
  expect(parsed.settings).toEqual(parseSettings([]).settings);
});

test("flat names go in either case, with their line", () => {
  expect(flat("PORT: 1\nport_of: 2\nlog_level: debug\nSYMBOLS: [a, b]\nDATABASE_URL:\n")).toEqual([
    ["PORT", "1", "s.yaml line 1"],
    ["port_of", "2", "s.yaml line 2"],
    ["LOG_LEVEL", "debug", "s.yaml line 3"],
    ["SYMBOLS", "a,b", "s.yaml line 4"],
    ["DATABASE_URL", "", "s.yaml line 5"],
  ]);
  expect(load("Port: 1").parsed.problems[0]?.text).toBe("Port (from s.yaml line 1) is no setting");
});

test("bus may be the setting or the section", () => {
  expect(load("bus: kafka").parsed.settings?.BUS).toBe("kafka");
  expect(load("bus: { type: kafka, kafka: { brokers: [a:1, b:2] } }").parsed.settings).toMatchObject({
    BUS: "kafka",
    KAFKA_BROKERS: ["a:1", "b:2"],
  });
});

test("variables come from the environment, else from their default; an unquoted one is read as what it says", () => {
  const yaml = 'PORT: ${P:-9000}\nHOST: "${H:-::1}"\nmicro_batch: { window_ms: "${W:-1}" }\nAPI_KEYS: a${K:-b}c';
  expect(flat(yaml, { P: "80", K: "" }).map(([, text]) => text)).toEqual(["80", "::1", "abc"]);
  expect(load("micro_batch:\n  window_ms: ${W:-500}").parsed.settings?.streaming.micro_batch.window_ms).toBe(500);
  expect(() => load("PORT: ${P}")).toThrow("PORT: ${P} (s.yaml line 1) is not set and has no default");
  expect(() => load("PORT: ${P-1}")).toThrow("is not ${NAME} or ${NAME:-default}");
  expect(flat("HOST: $P", { P: "x" })[0]?.[1]).toBe("$P");
});

test("an unknown key and a bad value are told with their line", () => {
  const problems = load("version: 1\nmicro_batch:\n  window_ms: 0\n  windows: 1\nprot: 1\n").parsed.problems;
  expect(problems.map((one) => one.text).toSorted()).toEqual([
    "micro_batch.window_ms=0 (from s.yaml line 3): allowed is a whole number of milliseconds from 100 to 86400000, a multiple of 100",
    "micro_batch.windows (from s.yaml line 4) is no setting",
    "prot (from s.yaml line 5) is no setting",
  ]);
});

test.each([
  ["PORT: 1\nPORT: 2", "unique"],
  ["PORT: 1\nport: 2", "said twice"],
  ["METRICS_PORT: 1\ntelemetry: { metrics_port: 2 }", "said twice"],
  ["- PORT", "is not a map"],
  ["just text", "is not a map"],
  ["PORT: {a: 1}", "is a map"],
  ["PORT: [[{a: 1}]]", "is a map"],
  ["a: &x 1\nPORT: *x", "anchors"],
  ["PORT: 'x", "s.yaml line 1"],
  ["PORT: !!js/function 'x'", "s.yaml line 1"],
  ["? [a]\n: 1", "plain word"],
])("%j is refused", (content, said) => {
  expect(() => load(content)).toThrow(said);
});

test("a section that is slightly misspelt is told by its name", () => {
  expect(load("micro_batchs: { window_ms: 5 }").yaml.given).toHaveLength(1);
  expect(load("micro_batchs: { window_ms: 5 }").parsed.problems[0]?.hint).toBe("did you mean micro_batch?");
});

test("an empty file says nothing", () => {
  expect(load("").parsed.problems).toEqual([]);
  expect(load("# only a comment\n").yaml.given).toEqual([]);
});

test("keys of JavaScript's own are names like others", () => {
  expect(load("__proto__: 1").parsed.problems).toHaveLength(1);
  expect(load("bus: { __proto__: { a: 1 } }").parsed.problems).toHaveLength(1);
  expect(load("constructor: { prototype: 1 }").parsed.settings).toBeNull();
});

test("any text is settings, problems or a usage error", () => {
  const line = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom("PORT: 1", "bus:", "  type: redis", "- a", "x: ${", "x: ${A:-1}", "features: [", "? a", "&a b: *a"),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      try {
        const yaml = readYaml(lines.join("\n"), "s.yaml", nothing);
        const { settings, problems } = parseSettings(yaml.given, yaml.sections, yaml.from);
        expect(settings === null).toBe(problems.length > 0);
      } catch (error) {
        expect(error).toBeInstanceOf(TapebellError);
        expect((error as TapebellError).kind).toBe("usage");
      }
    }),
    { numRuns: 1_000 },
  );
});
