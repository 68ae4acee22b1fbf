import { describe, expect, test } from "bun:test";
import { Alert } from "../../../core/messages/index.ts";
import { filesIn, GOLDEN, hasShared, jsonLines } from "../../../core/test-support/shared.ts";
import { hear, World } from "../../../core/test-support/world.ts";
import { isoOffset } from "../../../core/text/time.ts";
import { call } from "../test-support/call.ts";

const CLASSIC = ["stage", "anomalies", "--set", "ANOMALY_MODE=classic"];
const lines = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const price = (symbol: string, value: number, ts_ms: number, over: object = {}): object => ({
  kind: "price",
  symbol,
  price: value,
  time: isoOffset(ts_ms),
  ...over,
});
const headline = (title: string, sentiment: number | null, ts_ms: number | null): object => ({
  kind: "headline",
  title,
  sentiment,
  ...(ts_ms === null ? {} : { time: isoOffset(ts_ms) }),
});

type Row = [string, ...(string | number | null)[]];

describe.skipIf(!hasShared)("classic, from a file, decides as the reference does", () => {
  const files = filesIn(`${GOLDEN}/anomalies`, ".jsonl.gz").filter((f) => !f.startsWith("stub-summary"));
  test("the vectors are there", () => expect(files.length).toBe(10));

  for (const file of files) {
    test(file, async () => {
      const [head, ...rows] = jsonLines(`${GOLDEN}/anomalies/${file}`) as [
        { params: Record<string, number> },
        ...Row[],
      ];
      const input = rows.flatMap((row) => {
        if (row[0] === "H") return [headline(String(row[2]), row[3] as number | null, row[4] as number | null)];
        return row[0] === "T" ? [price(String(row[2]), Number(row[4]), Number(row[3]))] : [];
      });
      const theirs = rows.flatMap((row) => {
        if (row[0] !== "A") return [];
        return [{ ...JSON.parse(String(row[3])), summary: row[5] }];
      });
      const tolerance = `LATE_PRICE_TOLERANCE_SEC=${head.params.late_price_tolerance_sec}`;
      const { code, records } = await call([...CLASSIC, "--set", tolerance], { stdin: lines(input) });
      expect(records).toEqual(theirs);
      expect(theirs.length).toBeGreaterThan(0);
      expect(code).toBe(0);
    });
  }
});

describe("stage anomalies, classic", () => {
  const T0 = Date.UTC(2026, 0, 5, 12);

  test("a headline is attached, whatever it speaks of; cooldown and thresholds are settings", async () => {
    const stdin = lines([
      price("X", 100, T0),
      { title: "Something happened", sentiment: 0.5, time: isoOffset(T0 + 1_000), source: "Wire" },
      price("X", 106, T0 + 2_000),
      price("X", 106, T0 + 3_000),
    ]);
    const { records } = await call([...CLASSIC, "--set", "WINDOW_LABELS=1m"], { stdin });
    expect(records).toEqual([
      {
        event_id: "2026-01-05T12:00:02+00:00:X:1m",
        time: "2026-01-05T12:00:02+00:00",
        symbol: "X",
        window: "1m",
        direction: "up",
        ret: 0.06,
        threshold: 0.05,
        headline: "Something happened",
        sentiment: 0.5,
        summary: "X moved 6.00% up over 1m. Headline: Something happened Sentiment positive.",
      },
    ]);
    const often = await call([...CLASSIC, "--set", "WINDOW_LABELS=1m", "--set", "ANOMALY_COOLDOWN_SEC=1"], { stdin });
    expect(often.records).toHaveLength(2);
    expect((await call([...CLASSIC, "--set", "ALERT_THRESHOLD_1M=0.07"], { stdin })).records).toHaveLength(0);
  });

  test("what is made up stays marked so", async () => {
    const stdin = lines([100, 106].map((value, i) => price("X", value, T0 + i * 1_000, { origin: "synthetic" })));
    const { records } = await call(CLASSIC, { stdin });
    expect(records).toMatchObject([{ event_id: "2026-01-05T12:00:01+00:00:X:1m", origin: "synthetic" }]);
  });

  test("trades are sampled as on the live path; prices that were late are counted", async () => {
    const trades = [100, 100.01, 106].map((value, i) => ({
      kind: "trade",
      symbol: "X",
      ts_ms: T0 + i * 100,
      price: value,
      size: 1,
    }));
    const { records } = await call(CLASSIC, { stdin: lines(trades) });
    expect(records).toMatchObject([{ window: "1m", ret: 0.06, time: "2026-01-05T12:00:00.200000+00:00" }]);
    const late = lines([price("X", 100, T0 + 5_000), price("X", 107, T0)]);
    const { records: none, err } = await call(CLASSIC, { stdin: late });
    expect([none.length, err]).toEqual([0, "stage anomalies: without effect: 1 late prices\n"]);
  });
});

describe("stage anomalies, adaptive", () => {
  const pump = (): World => new World().history().calm(60).run(100, 106.4, 6_000, 400);

  test("a move opens, escalates and ends as one alert: the statements of detection and gate, nothing else", async () => {
    const world = pump()
      .headline("Sol goes up", ["SOLUSDT"])
      .run(106.4, 114, 5_000, 400)
      .calm(10, 114)
      .run(114, 100, 10_000, 10)
      .calm(20, 100)
      .heartbeat();
    const { code, records, err } = await call(["stage", "anomalies"], { stdin: lines(world.log) });
    expect([code, err]).toEqual([0, ""]);
    expect(records.length).toBeGreaterThan(2);
    for (const alert of records) Alert.parse(alert);
    expect(records as object[]).toEqual(hear(world.log, { adaptive: { nearest_ms: 0 } }).alerts);
    const ups = records.filter((alert) => alert.direction === "up");
    expect(new Set(ups.map((alert) => alert.id)).size).toBe(1);
    expect([...new Set(ups.map((alert) => alert.state))]).toEqual(["open", "escalated", "over"]);
  });

  test("duplicates confirm nothing, refuted prints are counted, late trades are set aside", async () => {
    const world = pump();
    const twice = await call(["stage", "anomalies"], { stdin: lines(world.log.flatMap((one) => [one, one])) });
    expect(twice.out).toBe((await call(["stage", "anomalies"], { stdin: lines(world.log) })).out);
    expect(twice.err).toContain("80 trades twice");
    const bad = new World().history().calm(60).trade(80).calm(60).trade(100, 10, { ts_ms: new World().ts_ms });
    const refuted = await call(["stage", "anomalies"], { stdin: lines(bad.log) });
    expect(refuted.out).toBe("");
    expect(refuted.err).toContain("1 bad prints");
    expect(refuted.err).toContain("1 late");
  });

  test("prices do where there are no trades; one said again does not stand for three", async () => {
    const T0 = Date.UTC(2026, 0, 5, 12);
    const calm = Array.from({ length: 30 }, (_, s) => price("X", 100, T0 + s * 1_000));
    const jump = (s: number): object => price("X", 107, T0 + s * 1_000);
    const same = await call(["stage", "anomalies"], { stdin: lines([...calm, jump(30), jump(30), jump(30)]) });
    expect([same.out, same.err]).toEqual(["", "stage anomalies: without effect: 2 prices of a time that had one\n"]);
    const { records } = await call(["stage", "anomalies"], { stdin: lines([...calm, jump(30), jump(31), jump(32)]) });
    expect(records).toMatchObject([{ symbol: "X", direction: "up", state: "open", severity: "notice" }]);
  });

  test("five symbols together are one market alert, as many as the setting says", async () => {
    const worlds = ["A", "B", "C"].map((name) => new World(name).history(600, name).calm(60).run(100, 107, 6_000, 400));
    const log = worlds.flatMap((world) => world.log).toSorted((a, b) => timeOf(a) - timeOf(b));
    const apart = await call(["stage", "anomalies"], { stdin: lines(log) });
    expect(apart.records.filter((alert) => alert.kind === "market")).toHaveLength(0);
    const three = await call(["stage", "anomalies", "--set", "MARKET_MIN_SYMBOLS=3"], { stdin: lines(log) });
    expect(three.records.find((alert) => alert.kind === "market")).toMatchObject({ symbol: "*", severity: "critical" });
  });

  test("bad lines and wrong settings as with every stage", async () => {
    const { code, err } = await call(["stage", "anomalies"], { stdin: `nonsense\n${lines(pump().log)}` });
    expect([code, err]).toEqual([0, "stage anomalies: 1 of 1521 lines could not be used (line 1: it is no JSON)\n"]);
    expect((await call(["stage", "anomalies"], { stdin: "x\n" })).code).toBe(1);
    expect((await call(["stage", "anomalies", "--set", "ANOMALY_MODE=wild"])).code).toBe(2);
  });
});

const timeOf = (record: World["log"][number]): number =>
  "ts_ms" in record ? record.ts_ms : record.kind === "bar" ? record.end_ts_ms : 0;
