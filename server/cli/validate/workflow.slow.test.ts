import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tickServer } from "../../../testkit/ticks/server.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const cwd = mkdtempSync(join(tmpdir(), "tapebell-workflow-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const T0 = 1_700_000_000_000;
const TICKS = Array.from({ length: 2_000 }, (_, i) => ({
  symbol: i % 3 === 0 ? "ETHUSDT" : "BTCUSDT",
  event_ts: (T0 + i * 17 - (i % 10 === 0 ? 300 : 0)) / 1_000,
  price: 100 + (i % 13),
  size: 0.5,
}));

async function tapebell(argv: readonly string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, MAIN, ...argv], {
    cwd,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, lines: out.trim().split("\n"), out, err };
}

test("the validation workflow: capture without a bus, then bars against bins, by the default files", async () => {
  const late = { ...TICKS[900]!, event_ts: (T0 + 900 * 17 - 2_000) / 1_000 };
  const text = [...TICKS.slice(0, 901), late, ...TICKS.slice(901)].map((tick) => `${JSON.stringify(tick)}\n`).join("");
  const server = await tickServer([{ send: text }]);
  const captured = await tapebell(["replay", "capture"], { MOCK_API_URL: server.url });
  await server.stop();
  expect([captured.code, captured.out.includes("2001 ticks")]).toEqual([0, true]);
  const dlt = readFileSync(join(cwd, "logs/replay_dlt.jsonl"), "utf8").trim().split("\n");
  expect(dlt.map((line) => JSON.parse(line).reason)).toEqual(["late"]);

  const check = ["validate-aggregates", "--bins", "logs/replay.jsonl", "--bars", "logs/aggregate.jsonl"];
  const equal = await tapebell(check);
  expect(equal.code).toBe(0);
  expect(equal.lines[0]).toMatch(/^70 bars, \d+ bins: 0 missing, 0 extra, 0 mismatching$/);
  expect(equal.lines[1]).toMatch(/^latency of 68 bars, ingest_ts_ms - end_ts_ms: p95 \d+ ms, max \d+ ms$/);

  // The aggregator by itself, over the captured bins.
  const made = await tapebell(["stage", "bars", "--set", "INTERVAL=1s", "logs/replay.jsonl"]);
  writeFileSync(join(cwd, "logs/again.jsonl"), made.out);
  const again = await tapebell([...check.slice(0, 4), "logs/again.jsonl"]);
  expect([again.code, again.lines[0]]).toEqual([0, equal.lines[0]!]);

  // One bar too few, one too many, one field wrong: each is named, and the exit code says so.
  const bars = readFileSync(join(cwd, "logs/aggregate.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const [wrong, gone] = [bars[3], bars[10]];
  const stranger = { ...wrong, bar_id: `XRPUSDT-${T0}`, symbol: "XRPUSDT", start_ts_ms: T0, end_ts_ms: T0 + 1_000 };
  const changed = [
    ...bars.filter((bar) => bar !== gone).map((bar) => (bar === wrong ? { ...bar, volume: 1e6 } : bar)),
    stranger,
  ];
  writeFileSync(join(cwd, "logs/aggregate.jsonl"), changed.map((bar) => `${JSON.stringify(bar)}\n`).join(""));
  const different = await tapebell(check);
  expect(different.code).toBe(1);
  expect(different.out).toContain(`mismatch ${wrong.bar_id}: volume 1000000, by its bins ${wrong.volume}`);
  expect(different.out).toContain(`missing ${gone.bar_id}: ${gone.bin_count} bins and no bar`);
  expect(different.out).toContain(`extra XRPUSDT-${T0}: a bar and no bins`);
  expect(different.out).toContain("1 missing, 1 extra, 1 mismatching");
}, 60_000);
