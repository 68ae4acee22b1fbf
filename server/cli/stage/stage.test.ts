import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Bar, Bin, DeadLetter } from "../../../core/messages/index.ts";
import { call } from "../test-support/call.ts";

const T0 = 1_700_006_400_000;
const dir = mkdtempSync(join(tmpdir(), "tapebell-cli-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const line = (ms: number, over: object = {}): string =>
  `${JSON.stringify({ kind: "trade", provider: "p", symbol: "X", ts_ms: T0 + ms, price: 100, size: 1, ...over })}\n`;
const minute = ["--set", "INTERVAL=1m"];
const file = (name: string, text: string | Uint8Array): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

describe("stage bars", () => {
  test("trades with only the fields used make bars; what was not reached is not final", async () => {
    const stdin = line(0) + line(10, { price: 105 }) + line(59_999, { price: 99 }) + line(60_000);
    const { code, records, err } = await call(["stage", "bars", ...minute], { stdin });
    expect([code, err]).toEqual([0, ""]);
    expect(records.map((bar) => [bar.bar_id, bar.final, bar.trade_count])).toEqual([
      [`X-${T0}-1m`, true, 3],
      [`X-${T0 + 60_000}-1m`, false, 1],
    ]);
    expect(records[0]).toMatchObject({ open: 100, high: 105, low: 99, close: 99, volume: 3, partial: false });
    for (const bar of records) {
      Bar.parse(bar);
      expect(bar).not.toHaveProperty("ingest_ts_ms");
    }
  });

  test("bad lines are counted and kept, the good ones still come out", async () => {
    const deadLetters = join(dir, "dead.ndjson");
    const bad = [
      "not json",
      "[1]",
      "null",
      '"text"',
      "{}",
      '{"kind":"nonsense"}',
      '{"kind":"trade","symbol":"X"}',
      '{"kind":1}',
    ];
    const stdin = `${bad.join("\n")}\n\n${line(0)}${line(2_000)}${line(100)}${line(2_500, { price: -1 })}`;
    const { code, records, err } = await call(["stage", "bars", ...minute, "--dead-letter", deadLetters], { stdin });
    expect(code).toBe(0);
    expect(records).toMatchObject([{ trade_count: 2 }]);
    expect(err.split("\n")).toHaveLength(2);
    expect(err).toContain("9 of 12 lines could not be used (line 1: it is no JSON)");
    expect(err).toContain("set aside: 1 late");
    const letters = readFileSync(deadLetters, "utf8")
      .trim()
      .split("\n")
      .map((text) => DeadLetter.parse(JSON.parse(text)));
    expect(letters.map((letter) => letter.reason)).toEqual([...bad.map(() => "bad_line"), "late", "bad_line"]);
    expect(letters[0]).toMatchObject({ raw: "not json", where: "stage bars" });
  });

  test("no line was good: exit 1; nothing at all: exit 0", async () => {
    expect((await call(["stage", "bars"], { stdin: "x\ny\n" })).code).toBe(1);
    expect(await call(["stage", "bars"], { stdin: "" })).toMatchObject({ code: 0, out: "", err: "" });
  });

  test("records of other kinds are passed over", async () => {
    const stdin = `{"kind":"unknown","text":"?"}\n{"kind":"book","symbol":"X"}\n${line(0)}`;
    const { code, records, err } = await call(["stage", "bars", ...minute], { stdin });
    expect([code, err, records.length]).toEqual([0, "", 1]);
  });

  test("a line longer than 1 MiB is one bad line, however long", async () => {
    const piece = "x".repeat(1_000_000);
    const stdin = [line(0), ...Array(20).fill(piece), "\n", line(1)];
    const { code, records, err } = await call(["stage", "bars", ...minute], { stdin });
    expect(code).toBe(0);
    expect(records).toMatchObject([{ trade_count: 2 }]);
    expect(err).toContain("1 of 3 lines could not be used (line 2: it is too long)");
  });

  test("lines may be cut anywhere, end in CRLF, and the last needs no end", async () => {
    const bytes = Buffer.from((line(0) + line(1, { provider: "börse" }) + line(2)).replaceAll("\n", "\r\n").trimEnd());
    for (const size of [1, 7, 64]) {
      const stdin = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const { records, err } = await call(["stage", "bars", ...minute], { stdin });
      expect([err, records[0]?.trade_count]).toEqual(["", 3]);
    }
  });

  test("compressed input, from a file, from several archives in one, or from standard input", async () => {
    const zipped = Buffer.concat([gzipSync(line(0)), gzipSync(line(1) + line(2))]);
    const expected = { code: 0, err: "", records: [{ trade_count: 3 }] };
    expect(await call(["stage", "bars", file("a.gz", zipped), ...minute])).toMatchObject(expected);
    expect(await call(["stage", "bars", "-", ...minute], { stdin: zipped })).toMatchObject(expected);
    expect(
      await call(["stage", "bars", ...minute], { stdin: [zipped.subarray(0, 1), zipped.subarray(1)] }),
    ).toMatchObject(expected);
  });

  test("a damaged archive: what was whole comes out, then it is said, exit 1", async () => {
    const whole = gzipSync(
      Array.from({ length: 5_000 }, (_, i) => line(i, { price: 1 + ((i * 7_919) % 1_013) })).join(""),
    );
    const { code, records, err } = await call(["stage", "bars", ...minute], {
      stdin: whole.subarray(0, whole.length / 2),
    });
    expect(code).toBe(1);
    expect(records[0]!.trade_count).toBeGreaterThan(100);
    expect(err).toContain("the compressed input is damaged");
  });

  test("settings and INTERVAL lists are in force", async () => {
    const stdin = line(0) + line(3_000) + line(2_100) + line(10_000);
    const late = await call(["stage", "bars", "--set", "INTERVAL=7s,1m", "--set", "REPLAY_MAX_LATE_MS=1000"], {
      stdin,
    });
    expect(late.records.map((bar) => [bar.interval, bar.trade_count])).toEqual([
      ["7s", 3],
      ["7s", 1],
      ["1m", 4],
    ]);
  });

  test("the result does not depend on how the file is cut", async () => {
    let stdin = "";
    for (let i = 0; i < 3_000; i++)
      stdin += line(i * 137 - ((i * 31) % 400) + 400, { price: 100 + (i % 17), size: (i % 5) / 8 });
    const whole = await call(["stage", "bars"], { stdin });
    const bytes = Buffer.from(stdin);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 1_000) }, (_, i) =>
      bytes.subarray(i * 1_000, (i + 1) * 1_000),
    );
    expect((await call(["stage", "bars"], { stdin: pieces })).out).toBe(whole.out);
  });
});

describe("stage bins", () => {
  test("makes bins, and bars of these equal bars of the trades", async () => {
    let stdin = "";
    for (let i = 0; i < 500; i++)
      stdin += line(i * 37, { price: 100 + (i % 9), size: (i % 4) / 4, side: i % 2 ? "buy" : "sell" });
    const made = await call(["stage", "bins"], { stdin });
    for (const bin of made.records) Bin.parse(bin);
    expect(made.records[0]).toMatchObject({ bin_id: `X-${T0}`, trade_count: 1 });
    const fromBins = await call(["stage", "bars"], { stdin: made.out });
    const byId = (records: Record<string, unknown>[]) =>
      records.toSorted((a, b) => (String(a.bar_id) < String(b.bar_id) ? -1 : 1));
    expect(byId(fromBins.records)).toEqual(byId((await call(["stage", "bars"], { stdin })).records));
  });
});

describe("wrong usage: exit 2 and one line that says how to mend it", () => {
  const cases: [string[], string][] = [
    [[], "--help"],
    [["nonsense"], "unknown command"],
    [["stage"], "missing required argument"],
    [["stage", "bras"], "did you mean bars?"],
    [["stage", "bars", "--nope"], "unknown option"],
    [["stage", "bars", "/does/not/exist"], "cannot be read"],
    [["stage", "bars", "/tmp"], "it is a directory"],
    [["stage", "bars", "-", "-"], "too many arguments"],
    [["stage", "bars", "--set", "INTERVAL=1x"], 'INTERVAL: "1x" is no bar length'],
    [["stage", "bins", "--set", "INTERVAL=1m"], "INTERVAL"],
    [["stage", "bars", "--set", "NO_SUCH=1"], "NO_SUCH"],
    [["stage", "bars", "--set", "REPLAY_MAX_LATE_MS=soon"], "REPLAY_MAX_LATE_MS"],
    [["stage", "bars", "--dead-letter", "/does/not/exist/file"], "--dead-letter"],
    [["stage", "bars", "--config", "/does/not/exist.yaml"], "exist.yaml"],
  ];
  for (const [argv, says] of cases) {
    test(argv.join(" ") || "no command", async () => {
      const { code, out, err } = await call(argv);
      expect(err.trimEnd().split("\n")).toHaveLength(1);
      expect(err).toContain(says);
      expect([code, out]).toEqual([2, ""]);
    });
  }

  test("help and version are no errors", async () => {
    expect((await call(["--help"])).out).toContain("stage");
    expect((await call(["stage", "--help"])).out).toContain("bars");
    expect(await call(["--version"])).toMatchObject({ code: 0, err: "" });
    expect((await call(["--help"])).code).toBe(0);
  });
});
