import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TOPICS, type TopicKey } from "../../core/topics.ts";
import { CacheState } from "./state.ts";
import { bar, feed, gap, T0 } from "./test-support/world.ts";

const put = (state: CacheState, topic: TopicKey, record: unknown, position = 0) =>
  state.apply(topic, position, typeof record === "string" ? record : JSON.stringify(record), T0);

describe("the state of the cache", () => {
  test("passes the text of a record on as it came", () => {
    const text = JSON.stringify(bar(1));
    const event = put(new CacheState(), "bars", text);
    expect(event?.text).toBe(text);
    expect(event).toMatchObject({ topic: "bars", event: "bar", symbols: ["BTCUSDT"], interval: "1m", latestKey: null });
  });

  test("a forming bar is latest-wins by symbol and interval, a final one is not", () => {
    const state = new CacheState();
    expect(put(state, "forming", bar(2, { final: false }))?.latestKey).toBe("BTCUSDT|1m");
    expect(put(state, "bars", bar(2))?.latestKey).toBeNull();
    expect(put(state, "forming", bar(2, { final: false }))).toBeNull();
  });

  test("the same statement twice is one event, a higher revision another", () => {
    const state = new CacheState();
    expect(put(state, "bars", bar(1))).not.toBeNull();
    expect(put(state, "bars", bar(1))).toBeNull();
    expect(put(state, "bars", bar(1, { revision: 1 }))).not.toBeNull();
    expect(put(state, "bars", bar(1, { revision: 0 }))).toBeNull();
    expect(put(state, "gaps", gap(T0))).not.toBeNull();
    expect(put(state, "gaps", gap(T0))).toBeNull();
  });

  test("gaps are counted by what became of them", () => {
    const state = new CacheState();
    put(state, "gaps", gap(1));
    put(state, "gaps", gap(2));
    put(state, "gaps", gap(3));
    expect(state.gapCounts).toEqual({ open: 3, filled: 0, lost: 0 });
    put(state, "gaps", gap(1, { revision: 1, status: "filled" }));
    put(state, "gaps", gap(2, { revision: 1, status: "lost" }));
    expect(state.gapCounts).toEqual({ open: 1, filled: 1, lost: 1 });
  });

  test("a market alert concerns the symbols it names, a plain headline everyone", () => {
    const state = new CacheState();
    const alert = { id: "a", revision: 0, kind: "market", symbol: "*", symbols: ["A", "B"] };
    expect(put(state, "alerts", alert)?.symbols).toEqual(["A", "B"]);
    expect(put(state, "headlines", { kind: "headline", id: "h", revision: 0, symbols: [] })?.symbols).toBeNull();
    expect(put(state, "signals", { kind: "signal", id: "s", symbol: "A" })?.symbols).toEqual(["A"]);
  });

  test("dead letters count once per id, by reason", () => {
    const state = new CacheState();
    const dead = { kind: "dead_letter", where: "ingest", detail: "", symbol: null, ts_ms: null, raw: "" };
    for (const id of ["1", "2", "2"]) put(state, "deadLetter", { ...dead, id, reason: "price" });
    put(state, "deadLetter", { ...dead, id: "3", reason: "schema" });
    expect(Object.fromEntries(state.deadLetters)).toEqual({ price: 2, schema: 1 });
  });

  test("a part's state is known since it began, not since it was last said", () => {
    const state = new CacheState();
    state.apply("status", 0, JSON.stringify(feed()), 1_000);
    state.apply("status", 1, JSON.stringify(feed()), 2_000);
    expect(state.parts.get("feed:synthetic")).toMatchObject({ since_ms: 1_000, received_ms: 2_000 });
    state.apply("status", 2, JSON.stringify(feed({ state: "stale" })), 3_000);
    expect(state.parts.get("feed:synthetic")).toMatchObject({ since_ms: 3_000 });
  });

  test("the symbols are those that feeds watch, and before any has said some, those of bars", () => {
    const state = new CacheState();
    put(state, "bars", bar(1, { symbol: "XRPUSDT" }));
    expect([...state.symbols()]).toEqual([["XRPUSDT", null]]);
    put(state, "status", feed());
    expect([...state.symbols()]).toEqual([
      ["BTCUSDT", 2],
      ["ETHUSDT", 2],
    ]);
    expect(state.knowsSymbol("XRPUSDT")).toBe(true);
    expect(state.knowsSymbol("ETHUSDT")).toBe(true);
    expect(state.knowsSymbol("NOPE")).toBe(false);
  });

  test("a line break cannot end an event early", () => {
    const event = put(new CacheState(), "bars", JSON.stringify(bar(1), null, 2));
    expect(event?.text).not.toInclude("\n");
    expect(JSON.parse(event?.text ?? "")).toEqual(bar(1));
  });

  test("no record makes it fall over: what cannot be used is counted", () => {
    const topics = fc.constantFrom(...(Object.keys(TOPICS) as TopicKey[]));
    const halfRight = fc.record(
      {
        kind: fc.constantFrom("bar", "gap", "part_status", "alert"),
        id: fc.anything(),
        bar_id: fc.anything(),
        symbol: fc.anything(),
        symbols: fc.anything(),
        interval: fc.anything(),
        revision: fc.anything(),
        start_ts_ms: fc.anything(),
        final: fc.boolean(),
      },
      { requiredKeys: ["kind"] },
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      halfRight.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(topics, fc.array(text, { maxLength: 20 }), (topic, lines) => {
        const state = new CacheState();
        const events = lines.filter((line, at) => state.apply(topic, at, line, T0) !== null).length;
        expect(events + (state.rejected.get(topic) ?? 0)).toBeLessThanOrEqual(lines.length);
      }),
    );
    const state = new CacheState();
    for (const line of ["", "{", "[]", "null", '{"kind":"bar"}', JSON.stringify(bar(1, { final: false }))])
      put(state, "bars", line);
    expect(state.rejected.get("bars")).toBe(6);
  });

  test("is bounded: series, bars of all series together, ledgers", () => {
    const state = new CacheState({ seriesMax: 4, barsTotal: 40, ledgerMax: 3 });
    for (let n = 0; n < 100; n++)
      for (const symbol of ["A", "B", "C", "D", "E"]) put(state, "bars", bar(n, { symbol }), n);
    expect(state.series.size).toBe(4);
    expect(state.rejected.get("bars")).toBe(100);
    for (const series of state.series.values()) expect(series.finals.length).toBe(10);
    for (let n = 0; n < 10; n++) put(state, "alerts", { id: String(n), revision: 0, symbol: "A" }, n);
    expect(state.ledgers.alerts.size).toBe(3);
    expect(state.ledgers.alerts.since(6)).toBeNull();
    expect(state.ledgers.alerts.since(7)?.map((entry) => entry.id)).toEqual(["7", "8", "9"]);
  });
});
