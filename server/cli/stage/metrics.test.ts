import { describe, expect, test } from "bun:test";
import { Metrics, type PriceRecord } from "../../../core/messages/index.ts";
import { priceWindowCase, priceWindowFiles } from "../../../core/test-support/price-window.ts";
import { hasShared } from "../../../core/test-support/shared.ts";
import { call } from "../test-support/call.ts";

const T0 = Date.UTC(2026, 0, 5, 12);
const lines = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const price = (s: number, value: number | string, over: object = {}): object => ({
  kind: "price",
  symbol: "X",
  price: value,
  time: new Date(T0 + s * 1_000).toISOString(),
  ...over,
});
const trade = (ms: number, value: number, over: object = {}): object => ({
  kind: "trade",
  symbol: "X",
  ts_ms: T0 + ms,
  price: value,
  size: 1,
  ...over,
});

describe.skipIf(!hasShared)("the price window, from a file, answers as the reference does", () => {
  const files = priceWindowFiles();
  test("the vectors are there", () => expect(files.length).toBeGreaterThan(30));

  for (const file of files) {
    test(file, async () => {
      const { pipeline, hasBadPrices, max_gap_factor, late_tolerance_sec, prices, differences } = priceWindowCase(file);
      const sets = [`DUPLICATE_TIME=${pipeline ? "first" : "last"}`, `WINDOW_MAX_GAP_FACTOR=${max_gap_factor}`];
      if (pipeline) sets.push(`LATE_PRICE_TOLERANCE_SEC=${late_tolerance_sec}`);
      const argv = ["stage", "metrics", ...sets.flatMap((set) => ["--set", set])];
      const { code, records, err } = await call(argv, { stdin: lines(prices) });
      if (hasBadPrices) {
        const good = prices.filter((one: PriceRecord) => one.price > 0).length;
        expect([code, records.length]).toEqual([good === 0 ? 1 : 0, good]);
        expect(err).toContain(`${prices.length - good} of ${prices.length} lines could not be used`);
        return;
      }
      expect(code).toBe(0);
      expect(differences(records as Metrics[]).slice(0, 10)).toEqual([]);
    });
  }
});

describe("stage metrics", () => {
  test("one row per input price, in the order of the input; what changed nothing says so, and is counted", async () => {
    const stdin = lines([price(0, 100), price(1, "101"), price(1, 102), price(0.5, 99), price(2, 103)]);
    const { code, records, err } = await call(["stage", "metrics"], { stdin });
    expect(code).toBe(0);
    expect(records.map((row) => row.action)).toEqual(["processed", "processed", "duplicate", "late", "processed"]);
    expect(records.at(-1)!.return_1m).toBeCloseTo(0.03, 12);
    expect(err).toBe("stage metrics: without effect: 1 late prices, 1 prices of a time that had one\n");
    for (const row of records) Metrics.parse(row);
  });

  test("DUPLICATE_TIME=last: every price finds its place, unless somebody says how late one may be", async () => {
    const stdin = lines([price(0, 100), price(1, 101), price(1, 102), price(0.5, 99)]);
    const last = ["stage", "metrics", "--set", "DUPLICATE_TIME=last"];
    const any = await call(last, { stdin });
    expect(any.records.map((row) => row.action)).toEqual(["processed", "processed", "processed", "processed"]);
    expect(any.records[2]!.return_1m).toBeCloseTo(0.02, 12);
    const strict = await call([...last, "--set", "LATE_PRICE_TOLERANCE_SEC=0"], { stdin });
    expect(strict.records.at(-1)!.action).toBe("late");
    expect((await call(last, { stdin, env: { LATE_PRICE_TOLERANCE_SEC: "0" } })).out).toBe(strict.out);
  });

  test("trades are sampled as on the live path: once a second, at once when it moves a thousandth, none twice", async () => {
    const stdin = lines([
      trade(0, 100),
      trade(100, 100.01),
      trade(200, 100.2),
      trade(200, 100.2, { event_id: "a" }),
      trade(1_150, 100.21),
      trade(1_200, 100.22),
      trade(2_300, 100.23, { event_id: "b" }),
      trade(2_300, 100.23, { event_id: "b" }),
      trade(3_400, 100.24, { fill: "gap" }),
    ]);
    const { records, err } = await call(["stage", "metrics"], { stdin });
    expect(records.map((row) => [Date.parse(String(row.time)) - T0, row.action])).toEqual([
      [0, "processed"],
      [200, "processed"],
      [1_200, "processed"],
      [2_300, "processed"],
    ]);
    expect(err).toContain("1 trades twice");
  });

  test("a trade that no bar counts moves no price: it is a dead letter", async () => {
    const stdin = lines([trade(0, 100), trade(2_000, 101), trade(1_000, 50), trade(3_000, 102)]);
    const { records, err } = await call(["stage", "metrics"], { stdin });
    expect(records).toHaveLength(3);
    expect(err).toContain("set aside: 1 late");
  });

  test("quotes make prices where there are no trades; the source's bare records are read too", async () => {
    const quotes = [0, 1, 2].map((s) => ({
      kind: "quote",
      symbol: "Q",
      ts_ms: T0 + s * 1_000,
      bid: 99 + s,
      ask: 101 + s,
    }));
    const sized = quotes.map((quote) => ({ ...quote, bid_size: 1, ask_size: 1 }));
    const { records } = await call(["stage", "metrics"], { stdin: lines(sized) });
    expect(records.at(-1)!.return_1m).toBeCloseTo(0.02, 12);
    const bare = [price(0, 100), price(1, 102)].map((one) => ({ ...one, kind: undefined }));
    const said = await call(["stage", "metrics"], { stdin: lines(bare) });
    expect(said.records.at(-1)!.return_1m).toBeCloseTo(0.02, 12);
  });

  test("bad prices are bad lines; the good ones still come out", async () => {
    const bad = [0, -1, "NaN", "Infinity", null, 1e18].map((value) => price(1, value as number));
    const { code, records, err } = await call(["stage", "metrics"], {
      stdin: lines([price(0, 100), ...bad, price(2, 100, { time: "yesterday" }), price(3, 101)]),
    });
    expect([code, records.length]).toEqual([0, 2]);
    expect(err).toContain("7 of 9 lines could not be used");
    expect((await call(["stage", "metrics"], { stdin: lines(bad) })).code).toBe(1);
  });

  test("windows and thresholds are in force; bars pass these prices over", async () => {
    const stdin = lines([price(0, 100), price(10, 102)]);
    const sets = ["--set", "WINDOW_LABELS=30s", "--set", "ALERT_THRESHOLD_30S=0.04"];
    const { records } = await call(["stage", "metrics", ...sets], { stdin });
    expect(records.at(-1)).toMatchObject({ attention: 0.02 / 0.04 });
    expect(records.at(-1)).not.toHaveProperty("return_1m");
    const bars = await call(["stage", "bars"], { stdin });
    expect(bars).toMatchObject({ code: 0, out: "" });
    expect(bars.err).toStartWith("stage bars: without effect: 2 records, none of a kind it reads (trade, ");
    expect((await call(["stage", "metrics", "--set", "DUPLICATE_TIME=both"])).code).toBe(2);
  });
});
