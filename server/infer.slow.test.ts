import { afterEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODELS } from "./inference/test-support/models.ts";
import { getJson, startApp, tempDir, until } from "./test-support/app-process.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Part {
  readonly part: string;
  readonly state: string;
  readonly text: string;
}

/** The real process over the synthetic market, with what its YAML says of a model. */
async function start(model: string | null) {
  const { dir, remove } = await tempDir();
  cleanups.push(remove);
  const config = join(dir, "streaming.yaml");
  const adapter = `inference: { adapters: { sklearn: { enabled: true, model_path: ${model} } } }\n`;
  writeFileSync(config, `version: 1\n${model === null ? "" : adapter}`);
  const app = await startApp({ DATA_DIR: dir, SYNTHETIC_SCENARIO: "storm" }, { flags: ["--config", config] });
  cleanups.push(() => app.kill());
  const parts = async (): Promise<readonly Part[]> => (await getJson<{ parts: Part[] }>(`${app.url}/api/status`)).parts;
  const figures = async (): Promise<string> => (await fetch(`${app.url}/metrics`)).text();
  return { app, parts, figures };
}

const find = (parts: readonly Part[], name: string): Part | undefined => parts.find(({ part }) => part === name);

test("a model of streaming.yaml judges the live market; what it does is on /metrics", async () => {
  const { app, parts, figures } = await start(join(MODELS, "named.onnx"));
  await until(parts, (all) => find(all, "inference")?.state === "live");
  const said = await until(figures, (text) =>
    /inference_eval_duration_seconds_count\{adapter="model"\} [1-9]/.test(text),
  );
  expect(said).toContain("# TYPE inference_eval_duration_seconds histogram");
  expect(said).toMatch(/inference_eval_duration_seconds_bucket\{adapter="model",le="\+Inf"\} [1-9]/);
  expect(said).toContain("# TYPE signals_emitted_total counter");
  expect(said).toContain("# TYPE errors_total counter");
  await until(figures, (text) => text.includes('signals_emitted_total{name="named",adapter="model"}'));
  await until(figures, (text) => /signals_emitted_total\{name="\w+",adapter="(rules|long_short)"\} [1-9]/.test(text));
  expect(await app.stop()).toBe(0);
});

test("one that cannot be used is said, and the rest works; without one nothing of it is there", async () => {
  const { parts, figures } = await start("none.onnx");
  const broken = await until(parts, (all) => find(all, "inference")?.state === "stale");
  expect(find(broken, "inference")?.text).toContain("model none.onnx does not exist");
  expect(find(broken, "inference")?.text).toEndWith("What the rules say stands");
  await until(parts, (all) => find(all, "aggregate")?.state === "live");
  expect(await figures()).toContain('errors_total{component="inference",reason="refused"} 1');

  const without = await start(null);
  const all = await until(without.parts, (some) => find(some, "aggregate")?.state === "live");
  expect(all.filter(({ part }) => /infer/.test(part))).toEqual([]);
});
