import { expect, test } from "bun:test";
import type { Anomaly, Metrics, Signal } from "../../core/messages/index.ts";
import { alert, gap, headline, iso, letter, refusal, T0 } from "../test-support/samples.ts";
import type { StoreWorld } from "../test-support/world.ts";

/** Each other kind of record: what is kept of it, which statement of it wins. */
export function recordsContract(world: StoreWorld): void {
  test("an alert is kept whole; its highest revision is read", async () => {
    const first = alert({ id: "A1", symbol: "ALERTS" });
    const over = alert({ id: "A1", symbol: "ALERTS", revision: 4, state: "over" });
    await world.store.writeAlerts(null, [over]);
    expect(await world.store.writeAlerts(null, [first])).toEqual({ applied: true, written: 0, refused: 1 });
    expect(await world.store.readAlert("A1")).toEqual(over);
    expect(await world.store.readAlert("nothing")).toBeNull();
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
    await world.store.writeAlerts(null, [...rows, market, alert({ id: "PX", symbol: "*", symbols: ["OTHER"] })]);
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const page = await world.store.readAlerts({
        symbol: "PAGES",
        limit: 3,
        ...(before === undefined ? {} : { before }),
      });
      seen.push(...page.items.map((item) => item.id));
      before = page.next ?? undefined;
    } while (before !== undefined);
    expect(seen).toEqual(["PM", "P6", "P5", "P4", "P3", "P2", "P1", "P0"]);
    expect(await refusal(world.store.readAlerts({ limit: 3, before: "garbage" }))).toBe("bad_cursor");
  });

  test("text no database takes is stored as near as can be, and harms no neighbour", async () => {
    const title = `nul \0, half \ud83d, sep \u2028, quote " back \\ brace {NULL}`;
    const clean = `nul \ufffd, half \ufffd, sep \u2028, quote " back \\ brace {NULL}`;
    await world.store.writeAlerts(null, [alert({ id: "HOSTILE", title }), alert({ id: "NULL", symbol: "NULL" })]);
    expect((await world.store.readAlert("HOSTILE"))?.title).toBe(clean);
    expect((await world.store.readAlert("NULL"))?.symbol).toBe("NULL");
    await world.store.writeHeadlines(null, [headline({ id: "hostile", title })]);
    const found = (await world.store.readHeadlines({ limit: 1_000 })).items.find((item) => item.id === "hostile");
    expect(found).toEqual(headline({ id: "hostile", title: clean }));
  });

  test("a gap is revised from open to filled", async () => {
    await world.store.writeGaps(null, [gap(), gap({ id: "g2", symbol: "*", status: "lost", origin: "live" })]);
    await world.store.writeGaps(null, [gap({ revision: 1, status: "filled", to_seq: 20 }), gap()]);
    const page = await world.store.readGaps({ symbol: "BTCUSDT", limit: 10 });
    expect(page.items).toEqual([
      gap({ id: "g2", symbol: "*", status: "lost", origin: "live" }),
      gap({ revision: 1, status: "filled", to_seq: 20 }),
    ]);
    expect((await world.store.readGaps({ status: "lost", limit: 10 })).items.map((item) => item.id)).toEqual(["g2"]);
  });

  test("the first price of a time stays, to the microsecond", async () => {
    const price = (time: string, value: number) => ({ kind: "price" as const, symbol: "PX", price: value, time });
    const first = await world.store.writePrices(null, [
      price("2024-01-01T00:00:00.123456Z", 1),
      price("2024-01-01T00:00:00.123457+00:00", 2),
    ]);
    expect(first.written).toBe(2);
    expect((await world.store.writePrices(null, [price("2024-01-01T01:00:00.123456+01:00", 3)])).written).toBe(0);
    const from_ms = Date.parse("2024-01-01T00:00:00Z");
    expect(await world.store.readPrices({ symbol: "PX", from_ms, to_ms: from_ms + 1_000, limit: 10 })).toEqual([
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
    await world.store.writeMetrics(null, [row]);
    const [found] = (await world.store.readMetrics({ symbol: "MX", limit: 5 })).items;
    const { other_label: _other, ...kept } = row;
    expect(found).toMatchObject(kept);
    expect(found).toMatchObject({ return_5m: null });
    expect(found).not.toHaveProperty("other_label");
  });

  test("a headline's enrichment wins and the time of its first statement stays", async () => {
    await world.store.writeHeadlines(null, [headline({ id: "time" })]);
    await world.store.writeHeadlines(null, [
      headline({ id: "time", revision: 1, time: iso(T0 + 5_000), sentiment: 0.5 }),
    ]);
    const found = (await world.store.readHeadlines({ limit: 1_000 })).items.filter((item) => item.id === "time");
    expect(found).toEqual([headline({ id: "time", revision: 1, sentiment: 0.5 })]);
    expect((await world.store.readHeadlines({ since_ms: T0 + 1, limit: 10 })).items).toEqual([]);
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
    await world.store.writeAnomalies(null, [anomaly]);
    await world.store.writeAnomalies(null, [
      { ...anomaly, revision: 1, summary: "model" },
      { ...anomaly, window_name: "5m" },
    ]);
    const { items } = await world.store.readAnomalies({ symbol: "AX", limit: 5 });
    expect(items.map((item) => [item.time, item.window_name, item.summary])).toEqual([
      ["2024-01-01T00:00:00.500Z", "5m", "stub"],
      ["2024-01-01T00:00:00.500Z", "1m", "model"],
    ]);
  });

  test("signals and dead letters: the first of an id stays", async () => {
    const signal: Signal = {
      ver: 1,
      kind: "signal",
      origin: "live",
      id: "s1",
      provider: "p",
      symbol: "SX",
      ts: iso(T0),
      name: "long",
      value: 1,
      score: 0.9,
      direction: "long",
      meta: { mid: 100.5, window: "10s" },
    };
    await world.store.writeSignals(null, [signal]);
    expect((await world.store.writeSignals(null, [{ ...signal, score: 0.1 }])).refused).toBe(1);
    expect((await world.store.readSignals({ symbol: "SX", limit: 5 })).items).toEqual([signal]);
    await world.store.writeDeadLetters(null, [letter("d1"), letter("d2"), letter("d1")]);
    const { items } = await world.store.readDeadLetters({ limit: 10 });
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
    await world.store.recordJobRun(run);
    await world.store.recordJobRun(done);
    await world.store.recordJobRun(run);
    expect(await world.store.readJobRuns({ job: "load", limit: 5 })).toEqual([done]);
  });
}
