import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Bar, Bin, DeadLetter } from "../../../core/messages/index.ts";
import { inPieces, type Step, type TickServer, tickServer } from "../../../testkit/ticks/server.ts";
import { call } from "../test-support/call.ts";

const T0 = 1_700_000_000_000;
const root = mkdtempSync(join(tmpdir(), "tapebell-replay-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let dir = root;
let count = 0;
beforeEach(() => {
  dir = join(root, String(count++));
  mkdirSync(dir);
});
const servers: TickServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const tick = (ms: number, over: object = {}): string =>
  `${JSON.stringify({ symbol: "X", event_ts: (T0 + ms) / 1_000, px: 100, sz: 1, ...over })}\n`;
const file = (name: string, text: string | Uint8Array): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};
const serve = async (steps: Iterable<Step>): Promise<string> => {
  const server = await tickServer(steps);
  servers.push(server);
  return server.url;
};
const records = (name: string): Record<string, unknown>[] =>
  readFileSync(join(dir, "logs", name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
const bins = () => records("replay.jsonl");
const bars = () => records("aggregate.jsonl");
const letters = () => records("replay_dlt.jsonl");
const capture = (...args: string[]) => call(["replay", "capture", ...args], { cwd: dir });
const validate = () =>
  call(["validate-aggregates", "--bins", `${dir}/logs/replay.jsonl`, "--bars", `${dir}/logs/aggregate.jsonl`]);

/** A few seconds of two symbols, overtaken by up to 400 ms, with some beyond the lateness: the same every time. */
function drawn(n: number, seed: number): string {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  let ms = 0;
  let text = "";
  for (let i = 0; i < n; i++) {
    ms += next(40);
    const back = next(50) === 0 ? 900 : next(10) === 0 ? next(400) : 0;
    const over = {
      symbol: next(2) === 0 ? "X" : "Y",
      px: String(100 + next(500) / 100),
      sz: String(next(100) / 1_000),
    };
    text += tick(Math.max(0, ms - back), over);
  }
  return text;
}

describe("replay capture", () => {
  test("bins, bars and dead letters go where they are expected", async () => {
    const source = file(
      "ticks.ndjson",
      tick(3) + tick(5, { px: "101.5", sz: "0.5" }) + tick(2_000) + tick(1_499) + tick(1_501),
    );
    const { code, out, err } = await capture("--source", source);
    expect([code, err]).toEqual([0, "replay capture: set aside: 1 late\n"]);
    expect(out).toStartWith("replay capture: 5 ticks of");
    expect(bins().map((bin) => [bin.bin_id, bin.trade_count, bin.volume, bin.close])).toEqual([
      [`X-${T0}`, 2, 1.5, 101.5],
      [`X-${T0 + 1_500}`, 1, 1, 100],
      [`X-${T0 + 2_000}`, 1, 1, 100],
    ]);
    expect(bars().map((bar) => [bar.bar_id, bar.final, bar.bin_count])).toEqual([
      [`X-${T0}`, true, 1],
      [`X-${T0 + 1_000}`, true, 1],
      [`X-${T0 + 2_000}`, false, 1],
    ]);
    expect(letters()).toMatchObject([{ reason: "late", ts_ms: T0 + 1_499 }]);
    for (const bin of bins()) expect(Bin.parse(bin).origin).toBe("replay");
    for (const bar of bars()) expect(Bar.parse(bar).origin).toBe("replay");
    for (const letter of letters()) DeadLetter.parse(letter);
    expect((await validate()).code).toBe(0);
  });

  test("REPLAY_BIN_MS, REPLAY_MAX_LATE_MS and MOCK_API_URL have their effect", async () => {
    const MOCK_API_URL = await serve([{ send: tick(3) + tick(2_000) + tick(1_499) }]);
    const env = { MOCK_API_URL, REPLAY_BIN_MS: "250", REPLAY_MAX_LATE_MS: "501" };
    expect((await call(["replay", "capture"], { cwd: dir, env })).code).toBe(0);
    expect(bins().map((bin) => bin.bin_id)).toEqual([`X-${T0}`, `X-${T0 + 1_250}`, `X-${T0 + 2_000}`]);
    expect(letters()).toEqual([]);
  });

  test("the same bytes from a file, compressed, by pipe, and from a server in any pieces", async () => {
    const text = drawn(1_500, 7);
    const outputs = () =>
      ["replay.jsonl", "aggregate.jsonl"].map((name) => readFileSync(join(dir, "logs", name), "utf8"));
    await capture("--source", file("a.ndjson", text));
    const wanted = outputs();
    expect(letters().length).toBeGreaterThan(5);
    expect((await validate()).out).toContain("0 missing, 0 extra, 0 mismatching");
    await capture("--source", file("a.ndjson.gz", gzipSync(text)));
    expect(outputs()).toEqual(wanted);
    await call(["replay", "capture", "--source", "-"], { cwd: dir, stdin: text });
    expect(outputs()).toEqual(wanted);
    for (const lengths of [[1], [2, 3, 5, 1], [4_096, 1], [61], [100_000]]) {
      const some = lengths[0] === 1 ? text.slice(0, 8_000) : text;
      const bytes = Buffer.from(some);
      const pieces = [...inPieces(some, lengths)].map((step) => ("send" in step ? step.send : ""));
      expect(Buffer.concat(pieces.map((piece) => Buffer.from(piece))).equals(bytes)).toBe(true);
      await capture("--source", file("b.ndjson", some));
      const whole = outputs();
      await capture("--source", await serve(inPieces(some, lengths)));
      expect(outputs()).toEqual(whole);
    }
  });

  test("every tick is in a bin, a repeat or a dead letter", async () => {
    const text = drawn(2_000, 99);
    const given = `${text}${JSON.stringify({ kind: "trade", provider: "p", symbol: "X", ts_ms: T0 + 90_000, price: 1, size: 1, trade_id: "5" })}\n`;
    const twice = given + given.split("\n").at(-2);
    const { err } = await capture("--source", file("a.ndjson", twice), "--set", "CLOCK_JUMP_CONFIRM_SEC=0");
    const inBins = bins().reduce((sum, bin) => sum + Number(bin.trade_count), 0);
    expect(inBins + letters().length + 1).toBe(2_002);
    expect(err).toContain("1 duplicates");
    expect(bars().reduce((sum, bar) => sum + Number(bar.trade_count), 0)).toBe(inBins);
  });

  test("of a source that breaks off, nothing is said to be final that was not", async () => {
    const seen = async (): Promise<void> => {
      const path = join(dir, "logs", "replay.jsonl");
      while (!existsSync(path) || !readFileSync(path, "utf8").includes(`X-${T0 + 1_000}`)) await Bun.sleep(5);
    };
    function* steps(): Generator<Step> {
      yield { send: tick(0) + tick(1_000) + tick(1_700) };
      yield { until: seen() };
      yield { cut: true };
    }
    const source = await serve(steps());
    const { code, err, out } = await capture("--source", source);
    expect(code).toBe(1);
    expect(err).toContain("broke off");
    expect(out).toContain("3 ticks of");
    expect(bars().map((bar) => [bar.bar_id, bar.final, bar.partial])).toEqual([
      [`X-${T0}`, true, false],
      [`X-${T0 + 1_000}`, false, true],
    ]);
    expect(servers[0]?.asked).toHaveLength(1);
  });

  test("a source that stalls ends after --stall-sec", async () => {
    const source = await serve([{ send: tick(0) }, { stall: true }]);
    const { code, err } = await capture("--source", source, "--stall-sec", "0.1");
    expect(code).toBe(1);
    expect(err).toContain("has sent nothing for 0.1 s");
    expect(bins()).toHaveLength(1);
  });

  test("bad lines are kept with their reason and change nothing; none that is good: 1", async () => {
    const source = file(
      "a.ndjson",
      `${tick(0)}{"symbol":\n${tick(1, { px: "x" })}${"y".repeat(2_000_000)}\n${tick(2)}`,
    );
    const { code, err } = await capture("--source", source);
    expect([code, err]).toEqual([0, "replay capture: 3 of 5 lines could not be used (line 2: it is no JSON)\n"]);
    expect(letters().map(({ reason, detail }) => [reason, String(detail).slice(0, 10)])).toEqual([
      ["bad_line", "it is no J"],
      ["bad_line", "price: Inv"],
      ["bad_line", "it is too "],
    ]);
    expect(bins()).toMatchObject([{ trade_count: 2 }]);
    expect((await capture("--source", file("b.ndjson", "rubbish\n"))).code).toBe(1);
  });

  test("one misdated tick makes the others neither late nor wait", async () => {
    const source = file("a.ndjson", tick(0) + tick(3_000_000_000_000) + tick(10) + tick(20));
    expect((await capture("--source", source, "--speed", "1")).code).toBe(0);
    expect(bins().map((bin) => bin.trade_count)).toEqual([1, 1, 1, 1]);
    expect(letters()).toEqual([]);
  });

  test("paced, a bar went out when the clock had come to it", async () => {
    const source = file("a.ndjson", tick(0) + tick(1_600) + tick(3_200));
    expect((await capture("--source", source, "--speed", "20")).code).toBe(0);
    expect(bins()).toHaveLength(3);
    for (const { final, ingest_ts_ms, end_ts_ms } of bars()) {
      if (final === true) expect(Number(ingest_ts_ms)).toBeGreaterThanOrEqual(Number(end_ts_ms));
      else expect(ingest_ts_ms).toBeUndefined();
    }
  });

  test("wrong usage says so in one line, and touches no file", async () => {
    const source = file("a.ndjson", tick(0));
    symlinkSync(source, join(dir, "same"));
    const bad: [string[], string][] = [
      [[], "no source"],
      [["--source", "absent"], "absent cannot be read"],
      [["--source", source, "--speed", "0"], "--speed 0"],
      [["--source", source, "--speed", "-1"], "--speed -1"],
      [["--source", source, "--stall-sec", "soon"], "--stall-sec soon"],
      [["--source", source, "--bins", source], "four files"],
      [["--source", source, "--bars", "same"], "four files"],
      [["--source", source, "--bins", "x", "--bars", "x"], "four files"],
      [["--source", source, "--bins", dir], "--bins"],
      [["--source", "http://"], "no address"],
    ];
    for (const [args, says] of bad) {
      const { code, err } = await capture(...args);
      expect([code, err.trim().split("\n").length]).toEqual([2, 1]);
      expect(err).toContain(says);
    }
    expect(readFileSync(source, "utf8")).toBe(tick(0));
  });

  test("a server that refuses costs nobody an earlier capture", async () => {
    await capture("--source", file("a.ndjson", tick(0)));
    const server = await tickServer([], { status: 500 });
    servers.push(server);
    const { code, err } = await capture("--source", server.url);
    expect(code).toBe(1);
    expect(err).toContain("answers 500");
    expect(bins()).toHaveLength(1);
  });
});
