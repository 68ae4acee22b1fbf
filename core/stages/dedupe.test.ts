import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { MarketRecord, Trade } from "../messages/index.ts";
import { heartbeat, T0, trade } from "./bars/test-support/world.ts";
import { DEDUPE_DEFAULTS, type DedupeSettings, type DedupeState, dedupe } from "./dedupe.ts";

class Door {
  state: DedupeState;
  readonly passed: MarketRecord[] = [];

  constructor(settings: Partial<DedupeSettings> = {}) {
    this.state = dedupe.init({ ...DEDUPE_DEFAULTS, ...settings });
  }

  step(...records: MarketRecord[]): this {
    for (const record of records) dedupe.step(this.state, record, (out) => this.passed.push(out));
    return this;
  }

  restart(): this {
    this.state = JSON.parse(JSON.stringify(this.state));
    return this;
  }

  get ids(): (number | string)[] {
    return this.passed.map((record) =>
      (record as Trade).trade_id === null ? (record as Trade).event_id : (record as Trade).seq,
    );
  }
}

const numbered = (id: number, ms = id, over: Partial<Trade> = {}): Trade =>
  trade({ ts_ms: T0 + ms, seq: id, trade_id: String(id), ...over });
const named = (event_id: string, ms: number, over: Partial<Trade> = {}): Trade =>
  trade({ ts_ms: T0 + ms, event_id, ...over });

describe("ids that count up", () => {
  test("each passes once, overtaken ones and fills too", () => {
    const door = new Door().step(
      ...[1, 2, 5, 3, 3, 9, 5, 4, 1].map((id) => numbered(id, 100)),
      ...[6, 7, 8, 8, 9].map((id) => numbered(id, 100, { fill: "gap" })),
    );
    expect(door.ids).toEqual([1, 2, 5, 3, 9, 4, 6, 7, 8]);
    expect(door.state.duplicates).toBe(5);
    expect(door.state.symbols.of.BTCUSDT![0]!.runs).toHaveLength(1);
  });

  test("however old: without holes every id ever sent is known", () => {
    const door = new Door();
    for (let id = 1; id <= 5_000; id++) door.step(numbered(id, id * 1_000));
    door.step(numbered(17, 17_000, { fill: "gap" }), numbered(4_999, 4_999_000));
    expect(door.passed).toHaveLength(5_000);
  });

  test("a venue that counts from the start again loses nothing", () => {
    const door = new Door();
    for (let id = 1; id <= 50; id++) door.step(numbered(id));
    for (let id = 1; id <= 50; id++) door.step(numbered(id, 1_000 + id), numbered(id, 1_000 + id));
    expect(door.passed).toHaveLength(100);
  });

  test("another provider, or another symbol, has ids of its own", () => {
    const door = new Door().step(
      numbered(1),
      numbered(1, 1, { provider: "b" }),
      numbered(1, 1, { symbol: "X" }),
      numbered(1),
    );
    expect(door.passed).toHaveLength(3);
  });

  test("ids with holes everywhere: bounded, the newest known", () => {
    const door = new Door({ dedupe_max: 1_000 });
    for (let i = 0; i < 20_000; i++) door.step(numbered(i * 3, i));
    const { runs } = door.state.symbols.of.BTCUSDT![0]!;
    expect(runs.length).toBeLessThanOrEqual(1_000);
    door.step(numbered(19_999 * 3, 19_999), numbered(19_500 * 3, 19_500));
    expect(door.passed).toHaveLength(20_000);
  });

  test("random order, repeats and restarts: exactly the distinct ids pass", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 300 }), fc.nat(10), (ids, every) => {
        const door = new Door();
        ids.forEach((id, i) => {
          if (i % (every + 2) === 0) door.restart();
          door.step(numbered(id, 5));
        });
        expect([...door.ids].sort()).toEqual([...new Set(ids)].sort());
      }),
    );
  });
});

describe("ids that do not", () => {
  test("each passes once within 120 s of event time", () => {
    const door = new Door().step(named("a", 0), named("b", 10), named("a", 0), named("c", 119_000));
    expect(door.ids).toEqual(["a", "b", "c"]);
    door.restart().step(named("a", 0), named("b", 10));
    expect(door.state.duplicates).toBe(3);
    door.step(named("d", 121_000), named("e", 121_001), named("a", 0));
    expect(door.ids).toEqual(["a", "b", "c", "d", "e", "a"]);
  });

  test("at most so many, the oldest go first", () => {
    const door = new Door({ dedupe_max: 100 });
    for (let i = 0; i < 10_000; i++) door.step(named(`n${i}`, 5));
    const source = door.state.symbols.of.BTCUSDT![0]!;
    expect(source.ids.length - source.first).toBe(100);
    expect(source.ids.length).toBeLessThan(3_000);
    door.step(named("n9950", 5), named("n9800", 5));
    expect(door.ids.at(-1)).toBe("n9800");
    expect(door.state.duplicates).toBe(1);
  });

  test("one misdated trade does not make it forget", () => {
    const door = new Door().step(named("a", 0), named("b", 1e10), named("a", 0), named("b", 1e10));
    expect(door.passed).toHaveLength(2);
  });
});

test("other records pass as they are", () => {
  const door = new Door().step(heartbeat(T0), heartbeat(T0));
  expect(door.passed).toEqual([heartbeat(T0), heartbeat(T0)]);
});

test("more symbols than there is room for: idle ones make way, else they pass unchecked and are counted", () => {
  const door = new Door({ symbols_max: 2 });
  door.step(
    numbered(1, 0, { symbol: "A" }),
    numbered(1, 0, { symbol: "B" }),
    numbered(1, 1, { symbol: "C" }),
    numbered(1, 1, { symbol: "C" }),
  );
  expect(door.passed).toHaveLength(4);
  expect(door.state.unchecked).toBe(2);
  door.step(
    numbered(2, 300_000, { symbol: "A" }),
    numbered(3, 300_100, { symbol: "A" }),
    numbered(2, 300_200, { symbol: "C" }),
  );
  door.step(numbered(2, 300_200, { symbol: "C" }));
  expect(door.state.duplicates).toBe(1);
});
