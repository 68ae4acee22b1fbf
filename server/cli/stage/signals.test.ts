import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bar, Features, ROLLING_FEATURES, Rolling, Signal } from "../../../core/messages/index.ts";
import { differences } from "../../../core/stages/rolling/test-support/exact.ts";
import { filesIn, GOLDEN, hasShared, jsonLines, readText, SHARED } from "../../../core/test-support/shared.ts";
import { readRulesText } from "../../settings/rules-file.ts";
import { call } from "../test-support/call.ts";

const T0 = 1_700_000_000_000;
const lines = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const trade = (ms: number, price: number, over: object = {}): object => ({
  kind: "trade",
  symbol: "X",
  ts_ms: T0 + ms,
  price,
  size: 1,
  ...over,
});
const quote = (ms: number, bid: number, ask: number): object => ({
  ...{ kind: "quote", symbol: "X", ts_ms: T0 + ms, bid, bid_size: 1, ask, ask_size: 1 },
});

describe.skipIf(!hasShared)("stage rolling, from a file, answers as the reference does", () => {
  for (const file of ["real-1s-bars", "real-raw-trades", "edge/out-of-order", "edge/two-symbols"]) {
    test(file, async () => {
      const [, ...events] = jsonLines<(number | string)[]>(`${GOLDEN}/rolling-features/${file}.jsonl.gz`);
      const [head, ...answers] = jsonLines(`${GOLDEN}/rolling-features/corrected/${file}.jsonl.gz`) as [
        { columns: string[] },
        ...(number | null)[][],
      ];
      const stdin = lines(
        events.map(([symbol, ts_ms, price, size]) => ({ kind: "trade", symbol, ts_ms, price, size })),
      );
      const { code, records, err } = await call(["stage", "rolling"], { stdin });
      expect([code, err, records.length]).toEqual([0, "", answers.length]);
      answers.forEach((answer, i) => {
        const theirs = Object.fromEntries(head.columns.slice(2).map((name, k) => [name, answer[k + 2]!]));
        expect(differences(records[i]!, theirs)).toEqual([]);
      });
    });
  }
});

test("stage rolling: the windows are a setting; what has no effect is counted", async () => {
  const stdin = lines([
    trade(0, 100, { trade_id: "1" }),
    trade(0, 100, { trade_id: "1" }),
    trade(10, 110),
    trade(-9e6, 1),
  ]);
  const set = ["--set", "features.windows=[{name: w, horizon: 5s}]"];
  const { records, err } = await call(["stage", "rolling", ...set], { stdin });
  expect(records.map((row) => [Rolling.parse(row).w_n, row.w_return])).toEqual([
    [1, null],
    [2, (110 - 100) / 100],
  ]);
  expect(Object.keys(records[0]!).filter((name) => name.startsWith("w_"))).toHaveLength(ROLLING_FEATURES.length);
  expect(err).toBe("stage rolling: without effect: 1 trades twice, 1 trades older than every window\n");
});

test("stage features: as often as FEATURES_PUB_RATE_HZ says, and the last word is said", async () => {
  const stdin = lines([quote(0, 99, 101), trade(20, 100), trade(60, 101), trade(150, 102), trade(170, 103)]);
  const times = async (hz: number): Promise<number[]> => {
    const { records } = await call(["stage", "features", "--set", `FEATURES_PUB_RATE_HZ=${hz}`], { stdin });
    return records.map((row) => Features.parse(row).ts_ms - T0);
  };
  expect(await times(10)).toEqual([0, 150, 170]);
  expect(await times(1_000)).toEqual([0, 20, 60, 150, 170]);
});

/** The rule file that the source system's description shows. */
function sourceRules(): string {
  const [seed] = filesIn(`${SHARED}/seeds`, ".txt").filter((name) => name.startsWith("002"));
  const blocks = [...readText(`${SHARED}/seeds/${seed}`).matchAll(/```yaml\n([\s\S]*?)```/g)];
  return blocks.map((match) => match[1]!).find((block) => block.startsWith("- name:")) ?? "";
}

describe("stage signals", () => {
  const rising = Array.from({ length: 20 }, (_, i) => trade(i * 200, 100 + i * 0.1));
  const stdin = lines([quote(0, 99.99, 100.01), ...rising]);

  test("long, and the rules that come with the product", async () => {
    // A minute above its limit is what the shipped file asks of the RSI: so long a rise is not over after four seconds.
    const going = Array.from({ length: 330 }, (_, i) => trade(i * 200, 100 + i * 0.1));
    const { code, records, err } = await call(["stage", "signals"], {
      stdin: lines([quote(0, 99.99, 100.01), ...going]),
    });
    expect([code, err]).toEqual([0, ""]);
    const said = records.map((record) => Signal.parse(record));
    expect(said.map(({ name }) => name).sort()).toEqual(["long", "price_momentum_up", "rsi_overbought"]);
    expect(said.find(({ name }) => name === "long")).toMatchObject({ direction: "long", value: 1, symbol: "X" });
    expect(new Set(said.map(({ id }) => id)).size).toBe(3);
    const named = async (...set: string[]): Promise<unknown[]> =>
      (await call(["stage", "signals", ...set], { stdin })).records.map(({ name }) => name).sort();
    expect(await named("--set", "SIGNAL_RETURN_THRESHOLD=0.5")).toEqual(["price_momentum_up"]);
    expect(await named("--set", "inference.adapters.rules.enabled=false")).toEqual(["long"]);
  });

  test.skipIf(!hasShared)("the source system's own rule file says each beginning", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "tapebell-rules-"));
    try {
      writeFileSync(join(cwd, "theirs.yaml"), sourceRules());
      const set = ["--set", "inference.adapters.rules.file=theirs.yaml"];
      const { records } = await call(["stage", "signals", ...set], { stdin, cwd });
      expect(records.map(({ name }) => name).sort()).toEqual(["long", "price_momentum_up", "rsi_overbought"]);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });

  test("a rule file of one's own; what is wrong in it is said with its place", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "tapebell-rules-"));
    try {
      const run = (file: string) =>
        call(["stage", "signals", "--set", `inference.adapters.rules.file=${file}`], { stdin, cwd });
      const own =
        "window: vol_5m\nrules:\n  - name: mine\n    condition: momentum > 0.005 and not rsi < 50\n    signal: 1\n    score: 0.5\n";
      writeFileSync(join(cwd, "own.yaml"), own);
      const { records } = await run("own.yaml");
      expect(records.filter(({ name }) => name === "mine")).toMatchObject([{ score: 0.5, meta: { window: "vol_5m" } }]);

      writeFileSync(join(cwd, "bad.yaml"), own.replace("not rsi", "not macd"));
      const bad = await run("bad.yaml");
      expect(bad.code).toBe(2);
      expect(bad.err).toContain(
        'bad.yaml line 4, column 41: rule 1, "mine", condition line 1, column 26: "macd" is not known',
      );
      expect(bad.err).toContain("known: n, vwap");
      const missing = await run("none.yaml");
      expect([missing.code, missing.err]).toEqual([2, expect.stringContaining("none.yaml cannot be read")]);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});

describe("a rule file", () => {
  const refused = (text: string): string => {
    try {
      readRulesText(text, "f.yaml", ["w"]);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  test("is refused by line and column, quoted or not", () => {
    const rule = (condition: string): string => `- name: a\n  condition: ${condition}\n  signal: 1\n  score: 1\n`;
    expect(refused(rule('"rsi > "'))).toStartWith("f.yaml line 2, column 21: ");
    expect(refused(rule("rsi % 2 > 1"))).toStartWith("f.yaml line 2, column 18: ");
    expect(refused(rule('"rsi\\n ?"'))).toStartWith("f.yaml line 2, column 14: ");
    // Where the file spells a condition otherwise, only its beginning is sure.
    expect(refused(rule(">\n    rsi > 70\n    and ?"))).toStartWith("f.yaml line 2, column 14: ");
    expect(refused(rule("rsi > 70\n    and ?"))).toStartWith("f.yaml line 2, column 14: ");
    expect(refused(rule('"rsi \\x3e ?"'))).toStartWith("f.yaml line 2, column 14: ");
    expect(refused(`\uFEFF${rule("rsi > ?")}`)).toStartWith("f.yaml line 2, column 20: ");
    expect(refused(`\uFEFF${rule("rsi > 1")}`)).toBe("");
    expect(refused("- [")).toStartWith("f.yaml line 1, column ");
    expect(refused("- name: a\n")).toStartWith("f.yaml: rule 1, condition: ");
    expect(refused("- &a {}\n- *a\n")).toBe("f.yaml: anchors and aliases are not taken");
  });

  test.skipIf(!hasShared)("the source system's own is taken unchanged", () => {
    const own = readText(new URL("../../../configs/rules.yaml", import.meta.url).pathname);
    const theirs = readRulesText(sourceRules(), "rules.yaml", ["w"]);
    expect(theirs.rules.map(({ hold_ms }) => hold_ms)).toEqual([0, 0, 0, 0, 0]);
    // Ours are the same ones; those of the RSI wait.
    const ours = readRulesText(own, "rules.yaml", ["w"]);
    expect(ours.rules.map(({ hold_ms }) => hold_ms)).toEqual([0, 0, 0, 60_000, 60_000]);
    expect(ours.rules.map((rule) => ({ ...rule, hold_ms: 0 }))).toEqual([...theirs.rules]);
  });
});

test("stage micro-batch: bars of the window, late events until it has closed", async () => {
  const at = (ms: number, price: number): object => trade(ms, price);
  const stdin = lines([
    at(0, 1),
    at(1_900, 2),
    at(700, 9),
    at(2_499, 3),
    at(1_000, 4),
    at(2_500, 5),
    at(1_999, 6),
    at(4_600, 7),
  ]);
  const { records, err } = await call(["stage", "micro-batch"], { stdin });
  expect(records.map((bar) => [Bar.parse(bar).bar_id, bar.high, bar.trade_count, bar.final])).toEqual([
    [`X-${T0}-2s`, 9, 4, true],
    [`X-${T0 + 2_000}-2s`, 5, 2, true],
    [`X-${T0 + 4_000}-2s`, 7, 1, false],
  ]);
  expect(err).toBe("stage micro-batch: set aside: 1 late\n");
  const set = ["--set", "micro_batch.window_ms=5000", "--set", "micro_batch.allow_late_ms=0"];
  const wide = await call(["stage", "micro-batch", ...set], { stdin });
  expect(wide.records.map((bar) => [bar.interval, bar.trade_count])).toEqual([["5s", 8]]);
});
