import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Alert, Anomaly, Bar, DeadLetter, Gap, Headline, Metrics } from "../core/messages/index.ts";
import type { Source, Store } from "../core/ports/store.ts";

const T0 = 1_700_000_000_000;
const iso = (ms: number): string => new Date(ms).toISOString();

const bar = (change: Partial<Bar> = {}): Bar => ({
  kind: "bar",
  origin: "live",
  bar_id: "BTCUSDT-1700000000000-1m",
  revision: 0,
  symbol: "BTCUSDT",
  provider: "binance",
  interval: "1m",
  start_ts_ms: T0,
  end_ts_ms: T0 + 60_000,
  open: 100.1,
  high: 1e15,
  low: 1e-12,
  close: 0.1 + 0.2,
  volume: 1e18,
  notional: 123_456.789,
  vwap: 100.3,
  trade_count: 10,
  bin_count: 5,
  buy_volume: 3,
  max_late_ms: 0.125,
  final: true,
  partial: false,
  last_ts_ms: T0 + 59_999.123,
  ingest_ts_ms: T0 + 60_010,
  ...change,
});

const alert = (change: Partial<Alert> = {}): Alert => ({
  kind: "move",
  id: `SOLUSDT:up:${T0}`,
  revision: 0,
  severity: "alert",
  state: "open",
  time: iso(T0),
  start_ms: T0 - 48_000,
  updated_ms: T0,
  symbol: "SOLUSDT",
  window: "1m",
  direction: "up",
  ret: 0.0621,
  threshold: 0.025,
  title: "▲ SOLUSDT +6.21 %",
  summary: "text",
  summary_source: "template",
  evidence: { note: "kept as it is" } as unknown as Alert["evidence"],
  ...change,
});

const gap = (change: Partial<Gap> = {}): Gap => ({
  kind: "gap",
  id: "binance|BTCUSDT|trade|17",
  revision: 0,
  provider: "binance",
  symbol: "BTCUSDT",
  stream: "trade",
  from_seq: 17,
  to_seq: null,
  from_ms: T0 + 0.5,
  to_ms: T0 + 4_000,
  status: "open",
  ...change,
});

const headline = (change: Partial<Headline> = {}): Headline => ({
  kind: "headline",
  id: "h1",
  revision: 0,
  time: iso(T0),
  title: "A title",
  source: "Publisher",
  url: "https://example.org/a",
  sentiment: null,
  label: null,
  confidence: null,
  symbols: ["BTCUSDT", 'we"ird\\,{}'],
  ...change,
});

const letter = (id: string): DeadLetter => ({
  kind: "dead_letter",
  id,
  where: "bars",
  reason: "too_old",
  detail: "late by 20 min",
  symbol: null,
  ts_ms: null,
  raw: "{}",
});

/** The code a call is rejected with. (`expect().rejects` would keep the runner from hearing the other thread.) */
const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "none",
    (cause: { code?: string }) => String(cause.code),
  );

/** What every store must do, whichever engine holds it. Each test uses names of its own in one shared database. */
export function storeContract(
  name: string,
  make: () => Promise<{ store: Store; remove(): Promise<void> }>,
  timeout_ms = 60_000,
): void {
  describe(`Store: ${name}`, () => {
    let store: Store;
    let remove: () => Promise<void>;
    let readers = 0;
    beforeAll(async () => {
      ({ store, remove } = await make());
    }, timeout_ms);
    afterAll(async () => {
      await store.close();
      await remove();
    }, timeout_ms);

    const source = (position: number, change: Partial<Source> = {}): Source => ({
      reader: `reader-${readers}`,
      log_id: "log-1",
      topic: "tape.bars",
      partition: 0,
      position,
      ...change,
    });
    const fresh = (): void => {
      readers++;
    };
    const positions = async (): Promise<number[]> =>
      (await store.readOffsets(`reader-${readers}`)).map((offset) => offset.position);
    const barsOf = async (symbol: string): Promise<Bar[]> => [
      ...(await store.readBars({ symbol, interval: "1m", limit: 1_000 })).items,
    ];

    test("a bar comes back with every digit and field", async () => {
      fresh();
      const plain = bar({ symbol: "DIGITS", origin: "live" });
      expect(await store.writeBars(source(1), [plain])).toEqual({ applied: true, written: 1, refused: 0 });
      expect(await barsOf("DIGITS")).toEqual([plain]);
      const { last_ts_ms: _last, ingest_ts_ms: _ingest, origin: _origin, ...bare } = bar({ symbol: "BARE" });
      await store.writeBars(source(2), [bare]);
      expect(await barsOf("BARE")).toEqual([{ ...bare, origin: "live" }]);
    });

    test("a batch sent again changes nothing and says so", async () => {
      fresh();
      const rows = [bar({ symbol: "TWICE" }), bar({ symbol: "TWICE", start_ts_ms: T0 + 60_000 })];
      expect(await store.writeBars(source(7), rows)).toEqual({ applied: true, written: 2, refused: 0 });
      const worse = [bar({ symbol: "TWICE", revision: 9, close: 5 })];
      expect(await store.writeBars(source(7), worse)).toEqual({ applied: false, written: 0, refused: 1 });
      expect(await store.writeBars(source(3), worse)).toEqual({ applied: false, written: 0, refused: 1 });
      expect(await barsOf("TWICE")).toEqual(rows);
      expect(await positions()).toEqual([7]);
    });

    test("a batch sent twice at once is applied once", async () => {
      fresh();
      const results = await Promise.all(
        [1, 2, 3, 4].map(() => store.writeBars(source(5), [bar({ symbol: "ATONCE" })])),
      );
      expect(results.filter((result) => result.applied)).toHaveLength(1);
    });

    test("rows and position move together: a row the store refuses moves neither", async () => {
      fresh();
      await store.writeBars(source(1), []);
      const broken = bar({ symbol: "BROKEN", start_ts_ms: 1.5 });
      expect(await refusal(store.writeBars(source(2), [bar({ symbol: "WHOLE" }), broken]))).toBe("store_bad_row");
      const nulled = { ...bar({ symbol: "BROKEN" }), open: null as unknown as number };
      expect(await refusal(store.writeBars(source(2), [bar({ symbol: "WHOLE" }), nulled]))).toBe("store_rejected");
      expect(await barsOf("WHOLE")).toEqual([]);
      expect(await positions()).toEqual([1]);
    });

    test("an empty batch moves the position", async () => {
      fresh();
      expect(await store.writeAlerts(source(4), [])).toEqual({ applied: true, written: 0, refused: 0 });
      expect(await positions()).toEqual([4]);
    });

    test("positions of readers, logs, topics and partitions do not see each other", async () => {
      fresh();
      await store.writeBars(source(10), []);
      for (const change of [{ log_id: "log-2" }, { topic: "tape.alerts" }, { partition: 3 }])
        expect((await store.writeBars(source(2, change), [])).applied).toBe(true);
      expect((await positions()).sort((a, b) => a - b)).toEqual([2, 2, 2, 10]);
      expect(await store.readOffsets("nobody")).toEqual([]);
    });

    test("a reader ahead of the store is refused before it makes a hole", async () => {
      fresh();
      expect(await refusal(store.writeBars(source(9, { from: 5 }), [bar({ symbol: "HOLE" })]))).toBe("store_behind");
      await store.writeBars(source(3, { from: 0 }), []);
      expect(await refusal(store.writeBars(source(9, { from: 5 }), [bar({ symbol: "HOLE" })]))).toBe("store_behind");
      expect(await barsOf("HOLE")).toEqual([]);
      expect(await positions()).toEqual([3]);
      expect((await store.writeBars(source(9, { from: 3 }), [bar({ symbol: "HOLE" })])).applied).toBe(true);
      // Behind the store it is only late, not wrong.
      expect((await store.writeBars(source(8, { from: 4 }), [])).applied).toBe(false);
    });

    test("a batch larger than one statement arrives whole, once", async () => {
      fresh();
      const rows = Array.from({ length: 1_234 }, (_, i) => bar({ symbol: "LARGE", start_ts_ms: T0 + i * 60_000 }));
      const large = source(1_234, { from: 0 });
      expect(await store.writeBars(large, rows)).toEqual({ applied: true, written: 1_234, refused: 0 });
      expect(await store.writeBars(large, rows)).toEqual({ applied: false, written: 0, refused: 1_234 });
      expect(await barsOf("LARGE")).toHaveLength(1_000);
    });

    test("the better bar stays: more trades, then the higher revision", async () => {
      const write = async (change: Partial<Bar>): Promise<number[]> => {
        await store.writeBars(null, [bar({ symbol: "BETTER", ...change })]);
        const [stored] = await barsOf("BETTER");
        return [stored?.trade_count ?? -1, stored?.revision ?? -1];
      };
      expect(await write({ trade_count: 10, revision: 0 })).toEqual([10, 0]);
      expect(await write({ trade_count: 11, revision: 1 })).toEqual([11, 1]);
      expect(await write({ trade_count: 11, revision: 0 })).toEqual([11, 1]);
      // A cold start that saw less, under any revision.
      expect(await write({ trade_count: 4, revision: 0 })).toEqual([11, 1]);
      expect(await write({ trade_count: 5, revision: 7 })).toEqual([11, 1]);
      // A cold start that saw all, then a late trade.
      expect(await write({ trade_count: 12, revision: 1 })).toEqual([12, 1]);
      expect(await write({ trade_count: 12, revision: 2, partial: true })).toEqual([12, 2]);
    });

    test("of one bar twice in a batch the better one is stored, in either order", async () => {
      const [worse, better] = [bar({ symbol: "ORDER" }), bar({ symbol: "ORDER", revision: 1, close: 7 })];
      expect(await store.writeBars(null, [better, worse])).toEqual({ applied: true, written: 1, refused: 1 });
      const other = { symbol: "ORDER", start_ts_ms: T0 + 60_000 };
      await store.writeBars(null, [bar(other), bar({ ...other, revision: 1, close: 7 })]);
      expect((await barsOf("ORDER")).map((stored) => stored.close)).toEqual([better.close, 7]);
      expect(worse.close).not.toBe(7);
    });

    test("forming bars are not stored", async () => {
      fresh();
      const result = await store.writeBars(source(1), [bar({ symbol: "FORMING", final: false })]);
      expect(result).toEqual({ applied: true, written: 0, refused: 1 });
      expect(await barsOf("FORMING")).toEqual([]);
    });

    test("bars are read by range, in pages, ascending; without a range the newest", async () => {
      const starts = Array.from({ length: 10 }, (_, i) => T0 + i * 60_000);
      await store.writeBars(
        null,
        starts.map((start_ts_ms) => bar({ symbol: "RANGE", start_ts_ms })),
      );
      await store.writeBars(null, [bar({ symbol: "RANGE", interval: "5m" }), bar({ symbol: "RANGES" })]);
      const read = async (range: { from_ms?: number; to_ms?: number; limit: number }) => {
        const page = await store.readBars({ symbol: "RANGE", interval: "1m", ...range });
        return [page.items.map((item) => (item.start_ts_ms - T0) / 60_000), page.next_from_ms];
      };
      expect(await read({ limit: 3 })).toEqual([[7, 8, 9], null]);
      expect(await read({ limit: 3, to_ms: starts[5]! })).toEqual([[2, 3, 4], null]);
      expect(await read({ limit: 3, from_ms: starts[2]! })).toEqual([[2, 3, 4], starts[5]!]);
      expect(await read({ limit: 3, from_ms: starts[2]! + 1, to_ms: starts[6]! })).toEqual([[3, 4, 5], null]);
      expect(await read({ limit: 3, from_ms: T0 + 1e9 })).toEqual([[], null]);
    });

    test("of an own and a venue's bar of one minute the fuller is read, the own when both are as full", async () => {
      const minute = (origin: Bar["origin"], trade_count: number, at: number) =>
        bar({ symbol: "ORIGINS", origin, trade_count, start_ts_ms: T0 + at * 60_000 });
      await store.writeBars(null, [
        minute("live", 5, 0),
        minute("venue", 9, 0),
        minute("live", 9, 1),
        minute("venue", 9, 1),
        minute("replay", 99, 1),
      ]);
      expect((await barsOf("ORIGINS")).map((item) => item.origin)).toEqual(["venue", "live"]);
      const replayed = await store.readBars({ symbol: "ORIGINS", interval: "1m", limit: 5, origin: "replay" });
      expect(replayed.items.map((item) => item.trade_count)).toEqual([99]);
    });

    test("an alert is kept whole; its highest revision is read", async () => {
      const first = alert({ id: "A1", symbol: "ALERTS" });
      const over = alert({ id: "A1", symbol: "ALERTS", revision: 4, state: "over" });
      await store.writeAlerts(null, [over]);
      expect(await store.writeAlerts(null, [first])).toEqual({ applied: true, written: 0, refused: 1 });
      expect(await store.readAlert("A1")).toEqual(over);
      expect(await store.readAlert("nothing")).toBeNull();
    });

    test("alerts are read newest first in pages that neither repeat nor leave out", async () => {
      const rows = Array.from({ length: 7 }, (_, i) =>
        alert({ id: `P${i}`, symbol: "PAGES", time: iso(T0 + Math.floor(i / 3) * 1_000) }),
      );
      const market = alert({
        id: "PM",
        symbol: "*",
        symbols: ["OTHER", "PAGES"],
        kind: "market",
        time: iso(T0 + 9_000),
      });
      await store.writeAlerts(null, [...rows, market, alert({ id: "PX", symbol: "*", symbols: ["OTHER"] })]);
      const seen: string[] = [];
      let before: string | undefined;
      do {
        const page = await store.readAlerts({ symbol: "PAGES", limit: 3, ...(before === undefined ? {} : { before }) });
        seen.push(...page.items.map((item) => item.id));
        before = page.next ?? undefined;
      } while (before !== undefined);
      expect(seen).toEqual(["PM", "P6", "P5", "P4", "P3", "P2", "P1", "P0"]);
      expect(await refusal(store.readAlerts({ limit: 3, before: "garbage" }))).toBe("bad_cursor");
    });

    test("text no database takes is stored as near as can be, and harms no neighbour", async () => {
      const title = `nul \0, half \ud83d, sep \u2028, quote " back \\ brace {NULL}`;
      const clean = `nul \ufffd, half \ufffd, sep \u2028, quote " back \\ brace {NULL}`;
      await store.writeAlerts(null, [alert({ id: "HOSTILE", title }), alert({ id: "NULL", symbol: "NULL" })]);
      expect((await store.readAlert("HOSTILE"))?.title).toBe(clean);
      expect((await store.readAlert("NULL"))?.symbol).toBe("NULL");
      await store.writeHeadlines(null, [headline({ id: "hostile", title })]);
      const found = (await store.readHeadlines({ limit: 1_000 })).items.find((item) => item.id === "hostile");
      expect(found).toEqual(headline({ id: "hostile", title: clean }));
    });

    test("a gap is revised from open to filled", async () => {
      await store.writeGaps(null, [gap(), gap({ id: "g2", symbol: "*", status: "lost", origin: "live" })]);
      await store.writeGaps(null, [gap({ revision: 1, status: "filled", to_seq: 20 }), gap()]);
      const page = await store.readGaps({ symbol: "BTCUSDT", limit: 10 });
      expect(page.items).toEqual([gap({ revision: 1, status: "filled", to_seq: 20 })]);
      expect((await store.readGaps({ status: "lost", limit: 10 })).items.map((item) => item.id)).toEqual(["g2"]);
    });

    test("the first price of a time stays, to the microsecond", async () => {
      const price = (time: string, value: number) => ({ kind: "price" as const, symbol: "PX", price: value, time });
      const first = await store.writePrices(null, [
        price("2024-01-01T00:00:00.123456Z", 1),
        price("2024-01-01T00:00:00.123457+00:00", 2),
      ]);
      expect(first.written).toBe(2);
      expect((await store.writePrices(null, [price("2024-01-01T01:00:00.123456+01:00", 3)])).written).toBe(0);
      const from_ms = Date.parse("2024-01-01T00:00:00Z");
      expect(await store.readPrices({ symbol: "PX", from_ms, to_ms: from_ms + 1_000, limit: 10 })).toEqual([
        price("2024-01-01T00:00:00.123456Z", 1),
        price("2024-01-01T00:00:00.123457Z", 2),
      ]);
    });

    test("metrics keep the source's columns and ours", async () => {
      const row: Metrics = {
        kind: "metrics",
        symbol: "MX",
        time: iso(T0),
        attention: 0.5,
        return_1m: -0.01,
        vol_spike_5m: true,
        coverage_15m: 0.25,
        other_label: 3,
      };
      await store.writeMetrics(null, [row]);
      const [found] = (await store.readMetrics({ symbol: "MX", limit: 5 })).items;
      const { other_label: _other, ...kept } = row;
      expect(found).toMatchObject(kept);
      expect(found).toMatchObject({ return_5m: null });
      expect(found).not.toHaveProperty("other_label");
    });

    test("a headline's enrichment wins and the time of its first statement stays", async () => {
      await store.writeHeadlines(null, [headline({ id: "time" })]);
      await store.writeHeadlines(null, [headline({ id: "time", revision: 1, time: iso(T0 + 5_000), sentiment: 0.5 })]);
      const found = (await store.readHeadlines({ limit: 1_000 })).items.filter((item) => item.id === "time");
      expect(found).toEqual([headline({ id: "time", revision: 1, sentiment: 0.5 })]);
      expect((await store.readHeadlines({ since_ms: T0 + 1, limit: 10 })).items).toEqual([]);
    });

    test("an anomaly gets its summary by revision", async () => {
      const anomaly: Anomaly = {
        kind: "anomaly",
        event_id: "2024-01-01T00:00:00.500000+00:00:AX:1m",
        revision: 0,
        time: "2024-01-01T00:00:00.500000+00:00",
        symbol: "AX",
        window_name: "1m",
        direction: "up",
        return_value: 0.06,
        threshold: 0.05,
        headline: null,
        sentiment: null,
        summary: "stub",
      };
      await store.writeAnomalies(null, [anomaly]);
      await store.writeAnomalies(null, [
        { ...anomaly, revision: 1, summary: "model" },
        { ...anomaly, window_name: "5m" },
      ]);
      const { items } = await store.readAnomalies({ symbol: "AX", limit: 5 });
      expect(items.map((item) => [item.time, item.window_name, item.summary])).toEqual([
        ["2024-01-01T00:00:00.500Z", "5m", "stub"],
        ["2024-01-01T00:00:00.500Z", "1m", "model"],
      ]);
    });

    test("signals and dead letters: the first of an id stays", async () => {
      const signal = { kind: "signal", id: "s1", time: iso(T0), symbol: "SX", name: "long", score: 0.9 };
      await store.writeSignals(null, [signal]);
      expect((await store.writeSignals(null, [{ ...signal, score: 0.1 }])).refused).toBe(1);
      expect((await store.readSignals({ symbol: "SX", limit: 5 })).items).toEqual([signal]);
      await store.writeDeadLetters(null, [letter("d1"), letter("d2"), letter("d1")]);
      const { items } = await store.readDeadLetters({ limit: 10 });
      expect(items.map((item) => item.id).sort()).toEqual(["d1", "d2"]);
      expect(items[0]).toEqual(letter(items[0]?.id ?? ""));
    });

    test("a job's run is begun, then finished, and stays finished", async () => {
      const run = {
        id: "j1",
        job: "load",
        started_ms: T0,
        finished_ms: null,
        from_ms: T0,
        to_ms: null,
        rows: 0,
        status: "running" as const,
        error: null,
      };
      const done = { ...run, finished_ms: T0 + 5, rows: 12, status: "failed" as const, error: "no disk" };
      await store.recordJobRun(run);
      await store.recordJobRun(done);
      await store.recordJobRun(run);
      expect(await store.readJobRuns({ job: "load", limit: 5 })).toEqual([done]);
    });

    test("readers do not keep a writer from its turn, and both come through", async () => {
      fresh();
      const reads = Array.from({ length: 40 }, () => store.readBars({ symbol: "LARGE", interval: "1m", limit: 1_000 }));
      const writes = Array.from({ length: 20 }, (_, i) =>
        store.writeBars(source(i + 1), [bar({ symbol: "MIXED", start_ts_ms: T0 + i * 60_000 })]),
      );
      const [pages] = await Promise.all([Promise.all(reads), Promise.all(writes)]);
      expect(pages.every((page) => page.items.length === 1_000)).toBe(true);
      expect(await positions()).toEqual([20]);
    });

    test("health says that all is well", async () => {
      expect(await store.health()).toMatchObject({ ok: true, problem: null, waiting: 0 });
    });
  });
}
