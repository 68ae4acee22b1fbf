import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DeadLetter, Trade } from "../../core/messages/index.ts";
import { call } from "./test-support/call.ts";

const dir = mkdtempSync(join(tmpdir(), "tapebell-decode-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const T0 = 1_700_000_000_000;
const trade = (id: number, over: object = {}): string =>
  JSON.stringify({
    stream: "btcusdt@trade",
    data: { e: "trade", E: T0 + 1, s: "BTCUSDT", t: id, p: "100.50", q: "0.25", T: T0, m: true, M: true, ...over },
  });
const decode = (stdin: string | Uint8Array, ...more: string[]) => call(["decode", "binance", ...more], { stdin });
const kinds = (records: Record<string, unknown>[]): unknown[] => records.map(({ kind }) => kind);

describe("lines", () => {
  test("a time in seconds, ms, µs or ns, with or without a colon, or none at all", async () => {
    const times = ["1700000000.004", "1700000000004", "1700000000004000", "1700000000004000000"];
    const lines = times.flatMap((time, i) => [`${time} ${trade(2 * i)}`, `${time}: ${trade(2 * i + 1)}`]);
    const { code, err, records } = await decode(`${lines.join("\n")}\n${trade(8)}\n`);
    expect([code, err]).toEqual([0, ""]);
    expect(records.map(({ trade_id, recv_ms }) => [trade_id, recv_ms])).toEqual([
      ...lines.map((_, i) => [String(i), T0 + 4]),
      ["8", undefined],
    ]);
    expect(Trade.parse(records[0])).toMatchObject({
      origin: "replay",
      provider: "binance",
      symbol: "BTCUSDT",
      ts_ms: T0,
      price: 100.5,
      size: 0.25,
      side: "sell",
      seq: 0,
      event_id: "binance|BTCUSDT|2023-11-14T22:13:20.000000Z|0",
    });
  });

  test("control lines are passed over and counted; a leading = is dropped; frames may go over several lines", async () => {
    const stdin = [
      "wss://stream.example:9443/stream?streams=a <-> 1641343690.598303",
      '> { "method": "SUBSCRIBE", "id": |1| }',
      '<1 { "result": null, "id": |1| }',
      `= ${trade(1)}`,
      `=2 ${trade(2)}`,
      "= ",
      ...JSON.stringify(JSON.parse(trade(3)), null, 2).split("\n"),
      `={"stream":"x",`,
      '"data":',
      `${trade(4).slice(trade(4).indexOf('{"e"'), -1)}}`,
    ].join("\r\n");
    const { code, err, records } = await decode(stdin);
    expect(records.map(({ trade_id }) => trade_id)).toEqual(["1", "2", "3", "4"]);
    expect([code, err]).toEqual([0, "decode binance: 3 control lines passed over\n"]);
  });

  test("what no frame of ours is comes out in its place", async () => {
    const { code, err, records } = await decode(
      `${trade(1)}\n{"e":"kline","s":"X"}\n{"result":null,"id":1}\n${trade(2)}`,
    );
    expect(kinds(records)).toEqual(["trade", "unknown", "unknown", "trade"]);
    expect(records[1]).toMatchObject({ text: '{"e":"kline","s":"X"}', why: 'event "kline" is not used' });
    expect([code, err]).toEqual([0, "decode binance: 2 frames are unknown\n"]);
  });

  test("bad lines and refused frames are counted and kept; the good ones still come out", async () => {
    const letters = join(dir, "dead.ndjson");
    const stdin = ["garbage", trade(1), "123 {", '{"e":"trade"', trade(2, { p: "-1" }), "", trade(3)].join("\n");
    const { code, err, records } = await decode(stdin, "-", "--dead-letter", letters);
    expect(records.map(({ trade_id }) => trade_id)).toEqual(["1", "3"]);
    expect(code).toBe(0);
    expect(err).toContain("3 of 6 lines could not be used (line 1: it is no frame");
    expect(err).toContain("set aside: 1 price");
    const kept = readFileSync(letters, "utf8")
      .trim()
      .split("\n")
      .map((line) => DeadLetter.parse(JSON.parse(line)));
    expect(kept.map(({ reason }) => reason)).toEqual(["bad_line", "bad_line", "bad_line", "price"]);
    expect(kept[3]).toMatchObject({ symbol: "BTCUSDT", detail: 'p is "-1"', raw: trade(2, { p: "-1" }) });
  });

  test("trades that are missing or came twice are said; one that was refused is not missing", async () => {
    const stdin = [1, 2, 5, 5, 4, 6, 8].map((id) => trade(id)).join("\n");
    expect((await decode(stdin)).err).toBe(
      "decode binance: 2 trades are missing, by their ids, in 2 places; 1 trades came twice\n",
    );
    const whole = [trade(1), trade(2, { p: "0" }), trade(3)].join("\n");
    expect((await decode(whole)).err).not.toContain("missing");
  });

  test("no line was good: exit 1; nothing at all: exit 0", async () => {
    expect((await decode("x\ny\n")).code).toBe(1);
    expect((await decode(trade(1, { q: "NaN" }))).code).toBe(1);
    expect(await decode("")).toMatchObject({ code: 0, out: "", err: "" });
  });

  test("a frame that never ends does not swallow what follows", async () => {
    const { records, err } = await decode(`= {"stream":\n"x"\n= ${trade(1)}\n= {\n1700000000004 ${trade(2)}\n= {`);
    expect(records.map(({ trade_id }) => trade_id)).toEqual(["1", "2"]);
    expect(err).toContain("3 of 5 lines could not be used (line 1: the frame that begins here does not end)");
  });

  test("several files, compressed or not, in the order they are named", async () => {
    const a = join(dir, "a.gz");
    const b = join(dir, "b");
    writeFileSync(a, gzipSync(`${trade(1)}\n${trade(2)}`));
    writeFileSync(b, trade(3));
    const { records } = await call(["decode", "binance", b, a]);
    expect(records.map(({ trade_id }) => trade_id)).toEqual(["3", "1", "2"]);
  });
});

describe("books", () => {
  const depth = (U: number, u: number, b: [string, string][]) =>
    JSON.stringify({ stream: "btcusdt@depth@100ms", data: { e: "depthUpdate", E: T0, s: "BTCUSDT", U, u, b, a: [] } });

  test("changes come out as they are until a whole book is there, then the book after each", async () => {
    const stdin = [
      depth(5, 6, [["10", "1"]]),
      depth(7, 8, [["11", "1"]]),
      '{"lastUpdateId":6,"bids":[["10","1"],["9","2"]],"asks":[["12","1"]]}',
      depth(9, 9, [["10", "0"]]),
      depth(9, 9, [["10", "0"]]),
      depth(12, 12, [["10", "7"]]),
    ].join("\n");
    const { code, records } = await decode(stdin);
    expect(code).toBe(0);
    expect(records.map(({ kind, seq, last_seq }) => [kind, seq ?? last_seq])).toEqual([
      ["book_update", 6],
      ["book_update", 8],
      ["book", 6],
      ["book", 8],
      ["book", 9],
      ["book_update", 12],
    ]);
    expect(records[4]).toMatchObject({
      bids: [
        [11, 1],
        [9, 2],
      ],
      asks: [[12, 1]],
      depth: 2,
    });
  });
});

describe("wrong usage", () => {
  const cases: [string[], string][] = [
    [["decode"], "missing required argument"],
    [["decode", "binanse"], "did you mean binance?"],
    [["decode", "nothing-like-it"], "use one of: binance"],
    [["decode", "binance", "/does/not/exist"], "cannot be read"],
    [["decode", "binance", "--nope"], "unknown option"],
    [["decode", "binance", "--dead-letter", "/does/not/exist/file"], "--dead-letter"],
  ];
  for (const [argv, says] of cases) {
    test(argv.join(" "), async () => {
      const { code, out, err } = await call(argv);
      expect(err.trimEnd().split("\n")).toHaveLength(1);
      expect(err).toContain(says);
      expect([code, out]).toEqual([2, ""]);
    });
  }
});
