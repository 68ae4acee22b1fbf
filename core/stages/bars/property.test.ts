import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Bar, Bar as BarSchema, DeadLetter, Gap, type MarketRecord, type Trade } from "../../messages/index.ts";
import { endBars } from "./end.ts";
import { type BarsOut, bars } from "./index.ts";
import { INTERVALS, market, RUNS, run, SYMBOLS, settings } from "./test-support/any-market.ts";
import { gap, heartbeat, newest, T0, trade, World } from "./test-support/world.ts";

test("a restart from saved state at any place changes no byte", () => {
  fc.assert(
    fc.property(market, fc.array(fc.nat(119), { maxLength: 6 }), (records, cuts) => {
      expect(JSON.stringify(run(records, new Set(cuts)))).toBe(JSON.stringify(run(records)));
    }),
    { numRuns: RUNS },
  );
});

test("state holds only what JSON can hold", () => {
  fc.assert(
    fc.property(market, (records) => {
      const state = bars.init(settings);
      for (const record of records) bars.step(state, record, () => undefined);
      expect(JSON.parse(JSON.stringify(state))).toEqual(state as never);
    }),
    { numRuns: RUNS },
  );
});

test("whatever comes, every statement is well formed and in order of its revisions", () => {
  fc.assert(
    fc.property(market, (records) => {
      const revisions = new Map<string, number>();
      for (const out of run(records)) {
        if (out.kind === "dead_letter") DeadLetter.parse(out);
        if (out.kind === "gap") Gap.parse(out);
        if (out.kind !== "bar") continue;
        BarSchema.parse(out);
        expect(out.low).toBeLessThanOrEqual(Math.min(out.open, out.close, out.vwap));
        expect(out.high).toBeGreaterThanOrEqual(Math.max(out.open, out.close, out.vwap));
        expect(out.trade_count).toBeGreaterThan(0);
        expect(out.buy_volume).toBeLessThanOrEqual(out.volume);
        const expected = revisions.get(out.bar_id) ?? 0;
        expect(out.revision).toBe(expected);
        if (out.final) revisions.set(out.bar_id, expected + 1);
      }
    }),
    { numRuns: RUNS },
  );
});

test("every trade is in exactly one bar of each interval, or refused with a reason, or not routed", () => {
  fc.assert(
    fc.property(market, (records) => {
      const own = records.filter((record) => record.kind !== "bar");
      const state = bars.init(settings);
      const out: BarsOut[] = [];
      for (const record of own) bars.step(state, record, (o) => out.push(o));
      const { unrouted } = state.counts;
      endBars(state, (o) => out.push(o));
      const given = own.filter((record) => record.kind === "trade").length;
      const refused = out.filter((o) => o.kind === "dead_letter").length;
      for (const interval of INTERVALS) {
        const held = new Map<string, number>();
        for (const o of out) if (o.kind === "bar" && o.interval === interval) held.set(o.bar_id, o.trade_count);
        const counted = [...held.values()].reduce((sum, n) => sum + n, 0);
        expect(counted + refused + unrouted).toBe(given);
      }
    }),
    { numRuns: RUNS },
  );
});

/** Independent of the stage: group what was accepted by interval, sort, add up. */
function expectedBars(accepted: readonly Trade[], ms: number): Map<number, Partial<Bar>> {
  const groups = Map.groupBy(accepted, (t) => Math.floor(t.ts_ms / ms) * ms);
  return new Map(
    [...groups].map(([start, group]) => {
      const sorted = group.toSorted((a, b) => a.ts_ms - b.ts_ms || a.seq - b.seq);
      const sum = (of: (t: Trade) => number): number => group.reduce((total, t) => total + of(t), 0);
      return [
        start,
        {
          open: sorted[0]!.price,
          close: sorted.at(-1)!.price,
          high: Math.max(...group.map((t) => t.price)),
          low: Math.min(...group.map((t) => t.price)),
          volume: sum((t) => t.size),
          notional: sum((t) => t.size * t.price),
          buy_volume: sum((t) => (t.side === "buy" ? t.size : 0)),
          trade_count: group.length,
          bin_count: new Set(group.map((t) => Math.floor(t.ts_ms / 10))).size,
          last_ts_ms: Math.max(...group.map((t) => t.ts_ms)),
        },
      ];
    }),
  );
}

test("the last statement of every bar equals a plain grouping of the accepted trades", () => {
  fc.assert(
    fc.property(market, (records) => {
      const own = records.filter((record) => record.kind === "trade" || record.kind === "heartbeat");
      const out = run(own);
      const refused = new Set(out.flatMap((o) => (o.kind === "dead_letter" ? [o.raw] : [])));
      const accepted = own.filter((r): r is Trade => r.kind === "trade" && !refused.has(JSON.stringify(r)));
      const last = new Map<string, Bar>();
      for (const o of out) if (o.kind === "bar") last.set(o.bar_id, o);
      for (const symbol of SYMBOLS) {
        for (const [interval, ms] of [
          ["1s", 1e3],
          ["7s", 7e3],
          ["1m", 6e4],
          ["1h", 36e5],
          ["1d", 864e5],
        ] as const) {
          const trades = accepted.filter((t) => t.symbol === symbol);
          const expected = expectedBars(trades, ms);
          const found = [...last.values()].filter((bar) => bar.symbol === symbol && bar.interval === interval);
          expect(found.map((bar) => bar.start_ts_ms).sort()).toEqual([...expected.keys()].sort());
          for (const bar of found) expect(bar).toMatchObject(expected.get(bar.start_ts_ms) as object);
        }
      }
    }),
    { numRuns: RUNS },
  );
});

test("trades shuffled within the allowance make the same bars", () => {
  const tape = fc.array(
    fc.record({
      by: fc.integer({ min: 0, max: 900 }),
      price: fc.integer({ min: 1, max: 800 }),
      size: fc.integer({ min: 0, max: 80 }),
      delay: fc.integer({ min: 0, max: 500 }),
    }),
    { minLength: 1, maxLength: 200 },
  );
  fc.assert(
    fc.property(tape, (steps) => {
      let ts_ms = T0;
      const inOrder = steps.map(({ by, price, size }, seq) => {
        ts_ms += by;
        return trade({ ts_ms, price, size: size / 8, seq });
      });
      const shuffled = inOrder
        .map((t, index) => ({ t, at: t.ts_ms + steps[index]!.delay }))
        .sort((a, b) => a.at - b.at)
        .map(({ t }) => t);
      const strip = (list: readonly Bar[]): object[] => list.map((bar) => ({ ...bar, revision: 0, max_late_ms: 0 }));
      const last = (records: readonly MarketRecord[]): object[] => {
        const world = new World({ intervals: INTERVALS }).step(...records).end();
        expect(world.letters()).toEqual([]);
        return strip(
          [...new Map(world.bars().map((bar) => [bar.bar_id, bar])).values()].sort((a, b) =>
            a.bar_id < b.bar_id ? -1 : 1,
          ),
        );
      };
      expect(last(shuffled)).toEqual(last(inOrder));
    }),
    { numRuns: RUNS },
  );
});

test("in the end a bar is partial if a gap that was not filled touches it, and only then", () => {
  const at = fc.integer({ min: 0, max: 400_000 });
  const plan = fc.record({
    trades: fc.array(fc.record({ at, fill: fc.boolean() }), { minLength: 1, maxLength: 80 }),
    gaps: fc.array(
      fc.record({
        at,
        from: at,
        length: fc.nat(30_000),
        ends: fc.constantFrom("open", "filled", "lost"),
        after: fc.nat(90_000),
      }),
      { maxLength: 8 },
    ),
  });
  fc.assert(
    fc.property(plan, ({ trades, gaps }) => {
      const spans = gaps.map((g, i) => ({ ...g, id: `g${i}`, from_ms: T0 + g.from, to_ms: T0 + g.from + g.length }));
      const events = [
        ...trades.map((t, i) => {
          const extra = { event_id: `t${i}`, ...(t.fill && { fill: "g0" }) };
          return { at: t.at, record: trade({ ts_ms: T0 + t.at, ...extra }) as MarketRecord };
        }),
        ...spans.flatMap(({ id, from_ms, to_ms, at, after, ends }) => [
          { at, record: gap({ id, from_ms, to_ms, status: "open" }) },
          { at: at + after, record: gap({ id, from_ms, to_ms, status: ends as "open", revision: 1 }) },
        ]),
        ...Array.from({ length: 50 }, (_, i) => ({
          at: i * 10_000,
          record: heartbeat(T0 + i * 10_000) as MarketRecord,
        })),
      ].sort((a, b) => a.at - b.at);
      const world = new World({ intervals: INTERVALS, revise_ms: 1e9 })
        .step(...events.map(({ record }) => record))
        .end();
      expect(world.letters()).toEqual([]);
      const lasting = spans.filter(({ ends }) => ends !== "filled");
      for (const bar of new Map(world.bars().map((one) => [one.bar_id, one])).values()) {
        const isTouched = lasting.some(({ from_ms, to_ms }) => from_ms < bar.end_ts_ms && to_ms >= bar.start_ts_ms);
        expect([bar.bar_id, bar.partial]).toEqual([bar.bar_id, isTouched]);
      }
    }),
    { numRuns: RUNS },
  );
});

test("sums over a day are right to double rounding", () => {
  // Sizes whose plain sum drifts: checked against exact integer arithmetic.
  const world = new World({ intervals: ["1d"] });
  let exact = 0n;
  for (let i = 0; i < 200_000; i++) {
    const units = BigInt((i * 7_919) % 100_003) + (i % 1_000 === 0 ? 10n ** 14n : 0n);
    exact += units;
    world.step(trade({ ts_ms: T0 + i * 400, size: Number(units) / 1e8, price: 1, seq: i }));
  }
  const volume = world.end().bars("1d").at(-1)!.volume;
  expect(Math.abs(volume - Number(exact) / 1e8)).toBeLessThanOrEqual(volume * 2 ** -52);
  expect(newest(world.bars("1d"))[0]!.trade_count).toBe(200_000);
});
