/**
 * 1 s bars of 10 million trades of 200 symbols in memory, taken as `stage bars` takes those of a file: lateness, dedupe,
 * revisions, a heartbeat every second of event time; 100k trades a second, as in a market at its busiest. The peer is DuckDB
 * on one thread over a table in memory: GROUP BY after DISTINCT ON the id; and the same with DISTINCT over whole rows, which
 * it does faster. Beside it: the same trades as records, as they come from a feed, and a tenth of the pace, where a bar is
 * made of 50 trades.
 */
import type { Bar, Heartbeat, Trade } from "../core/messages/index.ts";
import { endBars } from "../core/stages/bars/end.ts";
import { type BarsOut, bars } from "../core/stages/bars/index.ts";
import { QuickBars } from "../core/stages/bars/quick.ts";
import { BARS_DEFAULTS } from "../core/stages/bars/settings.ts";
import { DEDUPE_DEFAULTS, dedupe, isDuplicate } from "../core/stages/dedupe.ts";
import { randomOf } from "../core/test-support/random.ts";
import { main, round, type Size, type Workload } from "./harness.ts";
import { duckdb } from "./support/duckdb.ts";
import { cpuMs } from "./support/measure.ts";
import { type Columns, Row, recordOf, recordsOf, rowText, type Side, T0 } from "./support/records.ts";

const SYMBOLS = 200;
/** The others trade seldom, and so late that their bars are out already. */
const BUSY = 190;
const PACE_PER_S = { busy: 100_000, usual: 10_000 } as const;
const BEAT_MS = 1_000;
/** The latest of the late are not from before the first second. */
const START_MS = 3_000;
const SIZES = { smoke: { trades: 300_000, rounds: 1 }, full: { trades: 10_000_000, rounds: 2 } } as const;

/** A tenth of them up to 400 ms late, a hundredth sent twice, the quiet ones later still; prices and sizes are short decimals, so sums can be compared. */
function market(count: number, rate_per_s: number): Columns {
  const random = randomOf(7);
  const column = (): Float64Array => new Float64Array(count);
  const made = {
    ...{ count, rate_per_s, provider: "venue", symbols: Array.from({ length: SYMBOLS }, (_, i) => `S${i}USDT`) },
    ...{ symbol: new Uint16Array(count), side: new Uint8Array(count) },
    ...{ id: column(), ts_ms: column(), price: column(), size: column() },
  };
  const ids = new Float64Array(SYMBOLS);
  const last = new Float64Array(SYMBOLS);
  for (let i = 0; i < count; i++) {
    if (i > 0 && random() < 0.01) {
      for (const of of [made.symbol, made.id, made.ts_ms, made.price, made.size, made.side]) of[i] = of[i - 1]!;
      continue;
    }
    const isQuiet = random() < 0.0005;
    const symbol = isQuiet ? BUSY + Math.floor(random() * (SYMBOLS - BUSY)) : Math.floor(random() * BUSY);
    made.symbol[i] = symbol;
    made.id[i] = ++ids[symbol]!;
    const now_ms = T0 + Math.floor((i * 1_000) / rate_per_s) + START_MS;
    const late_ms = isQuiet ? random() * 3_000 : random() < 0.1 ? random() * 400 : 0;
    // What is behind its own symbol by more than the allowance would be refused: that is not measured here.
    made.ts_ms[i] = isQuiet ? Math.max(last[symbol]!, Math.floor(now_ms - late_ms)) : Math.floor(now_ms - late_ms);
    last[symbol] = made.ts_ms[i]!;
    made.price[i] = 100 + Math.round(random() * 1_000) / 100;
    made.size[i] = Math.round(random() * 10_000) / 10_000;
    made.side[i] = random() < 0.5 ? 1 : 2;
  }
  return made;
}

const newState = () => ({
  dedupe: dedupe.init(DEDUPE_DEFAULTS),
  bars: bars.init({ ...BARS_DEFAULTS, intervals: ["1s"], forming_ms: 0 }),
});
interface Feed {
  rows(from: number, to: number, emit: (out: BarsOut) => void): void;
  step(record: Heartbeat, emit: (out: BarsOut) => void): void;
}

/** Slices between heartbeats. With `prepare` what a slice needs is made first, outside what is timed. */
function ours(
  columns: Columns,
  makeFeed: (state: ReturnType<typeof newState>) => Feed,
  prepare?: (from: number, to: number) => void,
) {
  const state = newState();
  const said: Bar[] = [];
  const emit = (out: BarsOut): void => {
    if (out.kind !== "bar") throw new Error(`a ${out.kind} came out: ${JSON.stringify(out)}`);
    said.push(out);
  };
  const feed = makeFeed(state);
  const step = (columns.rate_per_s * BEAT_MS) / 1_000;
  let spent_ms = 0;
  let begun = cpuMs();
  for (let from = 0; from < columns.count; from += step) {
    const to = Math.min(columns.count, from + step);
    if (prepare !== undefined) {
      spent_ms += cpuMs() - begun;
      prepare(from, to);
      begun = cpuMs();
    }
    feed.rows(from, to, emit);
    const ts_ms = T0 + Math.floor((to * 1_000) / columns.rate_per_s) + START_MS;
    feed.step({ kind: "heartbeat", provider: columns.provider, ts_ms, reason: "venue" }, emit);
  }
  endBars(state.bars, emit);
  spent_ms += cpuMs() - begun;
  return { best_ms: spent_ms, ...lastOf(columns, said) };
}

/** The last statement of each bar, as text, and how many were said again. */
function lastOf(columns: Columns, said: readonly Bar[]): { rows: string[]; revised: number } {
  const newest = new Map(said.map((bar) => [bar.bar_id, bar]));
  const place = new Map(columns.symbols.map((name, i) => [name, i]));
  const rows = [...newest.values()].map((bar) =>
    rowText(
      place.get(bar.symbol)!,
      bar.start_ts_ms,
      [bar.open, bar.high, bar.low, bar.close],
      [bar.volume, bar.notional, bar.buy_volume, bar.trade_count],
    ),
  );
  return { rows: rows.sort(), revised: said.length - newest.size };
}

const fromRows = (columns: Columns) =>
  ours(columns, (state) => {
    const quick = new QuickBars(state.dedupe, state.bars);
    const row = new Row(columns);
    return {
      rows(from, to, emit) {
        for (let i = from; i < to; i++) if (!quick.take(row.at(i))) quick.step(recordOf(columns, i), emit);
      },
      step: (record, emit) => quick.step(record, emit),
    };
  });

function fromRecords(columns: Columns): Side {
  let records: Trade[] = [];
  const feed = (state: ReturnType<typeof newState>): Feed => ({
    rows(_from, _to, emit) {
      for (const record of records) if (!isDuplicate(state.dedupe, record)) bars.step(state.bars, record, emit);
    },
    step: (record, emit) => bars.step(state.bars, record, emit),
  });
  return ours(columns, feed, (from, to) => {
    records = recordsOf(columns, from, to);
  });
}

/** A plain grouping, where DuckDB cannot be had. */
function grouped({ count, symbol, id, ts_ms, price, size, side }: Columns): Side {
  const begun = cpuMs();
  const known = new Set<number>();
  const groups = new Map<string, number[]>();
  for (let i = 0; i < count; i++) {
    const key = id[i]! * SYMBOLS + symbol[i]!;
    if (known.has(key)) continue;
    known.add(key);
    const start_ms = Math.floor(ts_ms[i]! / 1_000) * 1_000;
    const group = groups.get(`${symbol[i]} ${start_ms}`);
    if (group === undefined) groups.set(`${symbol[i]} ${start_ms}`, [i]);
    else group.push(i);
  }
  const rows = [...groups.values()].map((group) => {
    const inOrder = group.sort((a, b) => ts_ms[a]! - ts_ms[b]! || id[a]! - id[b]!);
    const prices = inOrder.map((i) => price[i]!);
    const sum = (of: (i: number) => number): number => inOrder.reduce((total, i) => total + of(i), 0);
    return rowText(
      symbol[inOrder[0]!]!,
      Math.floor(ts_ms[inOrder[0]!]! / 1_000) * 1_000,
      [prices[0]!, Math.max(...prices), Math.min(...prices), prices.at(-1)!],
      [
        sum((i) => size[i]!),
        sum((i) => size[i]! * price[i]!),
        sum((i) => (side[i] === 1 ? size[i]! : 0)),
        group.length,
      ],
    );
  });
  return { best_ms: cpuMs() - begun, rows: rows.sort() };
}

const hash = (rows: readonly string[]): string => Bun.hash(rows.join("\n")).toString(16);

export const workload: Workload = {
  name: "bars",
  targets: [{ figure: "times_peer", min: 2.5 }],
  async run(size: Size) {
    const { trades, rounds } = SIZES[size];
    const columns = market(trades, PACE_PER_S.busy);
    const usual = market(trades / 5, PACE_PER_S.usual);
    const duck = size === "full" ? await duckdb(columns) : null;
    const sides: Record<"rows" | "records" | "on" | "all" | "usual", Side[]> = {
      ...{ rows: [], records: [], on: [], all: [], usual: [] },
    };
    let revisions = 0;
    for (let at = 0; at < rounds; at++) {
      const mine = fromRows(columns);
      revisions = mine.revised;
      sides.rows.push(mine);
      sides.records.push(fromRecords(columns));
      sides.on.push((await duck?.run("DISTINCT ON (symbol, id) *")) ?? grouped(columns));
      sides.all.push((await duck?.run("DISTINCT *")) ?? grouped(columns));
      sides.usual.push(fromRows(usual));
    }
    const best_ms = (of: readonly Side[]): number => Math.min(...of.map((side) => side.best_ms));
    const rate = (of: readonly Side[], count: number = trades): number => round(count / best_ms(of) / 1_000);
    const times = (of: readonly Side[], peer: readonly Side[]): number => round(best_ms(peer) / best_ms(of));
    const [mine, records, on, all] = [sides.rows, sides.records, sides.on, sides.all].map((of) => hash(of[0]!.rows));
    if (records !== mine || all !== on) throw new Error("two ways to the same bars give other bars");
    return {
      result_hash: mine!,
      figures: {
        m_trades_per_s: rate(sides.rows),
        times_peer: times(sides.rows, sides.on),
        times_peer_distinct_rows: times(sides.rows, sides.all),
        usual_pace_m_trades_per_s: rate(sides.usual, trades / 5),
        records_m_trades_per_s: rate(sides.records),
        revisions,
      },
      peer: {
        name: duck === null ? "plain grouping" : "DuckDB, one thread",
        result_hash: on!,
        figures: { m_trades_per_s: rate(sides.on), distinct_rows_m_trades_per_s: rate(sides.all) },
      },
      versions: { duckdb: duck?.version ?? "none" },
    };
  },
};

if (import.meta.main) await main(workload);
