import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { senpai } from "../../../core/profiles/senpai.ts";
import { TOPICS } from "../../../core/topics.ts";
import { openBus } from "../../bus/open.ts";
import { call } from "../test-support/call.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), "tapebell-tail-"));
const env = { DATA_DIR: dir, FEED: "synthetic" };
const values = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `{"n":${from + i}}`);
let bus: Awaited<ReturnType<typeof openBus>>;

beforeAll(async () => {
  bus = await openBus({ engine: "embedded", dir: join(dir, "synthetic"), prefix: "synthetic.", fsync: "normal" });
  await bus.ensureTopics(Object.values(TOPICS));
  for (let n = 0; n < 100; n += 10) await bus.publish("tape.bars", 0, values(n, n + 10));
  for (let p = 0; p < 16; p++) await bus.publish("tape.market", p, [`{"p":${p}}`]);
});
afterAll(async () => {
  await bus.close();
  rmSync(dir, { recursive: true, force: true });
});

describe("stream tail, beside the process that writes", () => {
  test("the newest records, oldest first, ten unless told otherwise", async () => {
    expect((await call(["stream", "tail", "--topic", "tape.bars"], { env })).records.map(({ n }) => n)).toEqual(
      Array.from({ length: 10 }, (_, i) => 90 + i),
    );
    const many = await call(["stream", "tail", "--topic", "tape.bars", "--limit", "73"], { env });
    expect(many.records.map(({ n }) => n)).toEqual(Array.from({ length: 73 }, (_, i) => 27 + i));
    const all = await call(["stream", "tail", "--topic", "synthetic.tape.bars", "--limit", "1000"], { env });
    expect([all.code, all.records.length]).toEqual([0, 100]);
  });

  test("over all partitions, and of an empty topic", async () => {
    const { records } = await call(["stream", "tail", "--topic", "tape.market", "--limit", "99"], { env });
    expect(records.map(({ p }) => p).sort()).toEqual(Array.from({ length: 16 }, (_, p) => p).sort());
    expect(await call(["stream", "tail", "--topic", "tape.gaps"], { env })).toMatchObject({ code: 0, out: "" });
    expect(await call(["stream", "tail", "--topic", "tape.bars", "--limit", "0"], { env })).toMatchObject({
      code: 0,
      out: "",
    });
  });

  test("--follow goes on with what is written meanwhile, each record once", async () => {
    const child = Bun.spawn(
      [process.execPath, MAIN, "stream", "tail", "--topic", "tape.bars", "--limit", "1", "--follow"],
      {
        stdout: "pipe",
        env: { ...process.env, ...env },
      },
    );
    const wanted = [99, ...Array.from({ length: 50 }, (_, i) => 100 + i)];
    const seen: number[] = [];
    let text = "";
    let isWritten = false;
    for await (const chunk of child.stdout) {
      text += new TextDecoder().decode(chunk);
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines) seen.push((JSON.parse(line) as { n: number }).n);
      if (!isWritten) {
        isWritten = true;
        for (let n = 100; n < 150; n += 5) await bus.publish("tape.bars", 0, values(n, n + 5));
      }
      if (seen.length >= wanted.length) break;
    }
    child.kill();
    await child.exited;
    expect(seen).toEqual(wanted);
  });

  test("wrong usage says how to mend it", async () => {
    for (const [argv, says] of [
      [["--topic", "tape.barz"], "did you mean tape.bars?"],
      [["--topic", "tape.forming"], "/api/stream"],
      [["--topic", "tape.bars", "--limit", "many"], "--limit"],
      [["--topic", "tape.bars", "--set", `DATA_DIR=${dir}/elsewhere`], "there is no log"],
      [[], "--topic"],
    ] as const) {
      const { code, out, err } = await call(["stream", "tail", ...argv], { env });
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain(says);
      expect(err.trimEnd().split("\n")).toHaveLength(1);
    }
  });
});

describe("topics of other systems", () => {
  const trades = ["BTCUSDT", "BRK.B", "BTCUSDT"].map((symbol, n) => JSON.stringify({ symbol, n }));
  const named = async (topic: string, limit = "10") => {
    const { records, err, code } = await call(["stream", "tail", "--topic", topic, "--limit", limit], { env });
    return code === 0 ? records.map(({ n }) => n) : err;
  };

  beforeAll(async () => {
    await bus.ensureTopics(senpai.topics);
    await bus.publish("md.events.trade", 0, trades);
    for (let i = 0; i < 1_200; i++)
      await bus.publish("md.events.quote", 0, [JSON.stringify({ symbol: i === 0 ? "A" : "B", n: i })]);
    await bus.publish("md.events.heartbeat", 0, ['{"provider":"p","n":9}']);
  });

  test("by topic, and by the subject of a symbol as it is written or as it is escaped", async () => {
    expect(await named("md.events.trade")).toEqual([0, 1, 2]);
    expect(await named("synthetic.md.events.trade.BTCUSDT")).toEqual([0, 2]);
    expect(await named("md.events.trade.BTCUSDT", "1")).toEqual([2]);
    expect(await named("md.events.trade.BRK%2EB")).toEqual([1]);
    expect(await named("md.events.trade.BRK.B")).toEqual([1]);
    expect(await named("md.events.heartbeat.__system__")).toEqual([9]);
    // Far behind many others.
    expect(await named("md.events.quote.A", "3")).toEqual([0]);
  });

  test("one that nobody writes says how it is switched on", async () => {
    expect(await named("mdp.events")).toContain("PROFILES");
    expect(await named("md.events.trades.X")).toContain("is no topic");
  });
});
