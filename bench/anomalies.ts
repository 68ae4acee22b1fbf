/**
 * Adaptive detection, all rules, trade by trade over many symbols that a day of minutes has warmed: cost per trade, and
 * what is kept per symbol. The peer keeps every trade and looks up the price a minute ago: it must see the same jumps at
 * the same trades.
 */
import { type Bar, barId, type Trade } from "../core/messages/index.ts";
import { ADAPTIVE_SETTINGS, adaptive } from "../core/stages/anomalies/index.ts";
import { main, round, type Size, type Workload } from "./harness.ts";
import { cpuMs } from "./support/measure.ts";

const SIZES = {
  smoke: { symbols: 10, seconds: 200, rate: 5, minutes: 60 },
  full: { symbols: 200, seconds: 1_000, rate: 10, minutes: 1_440 },
} as const;
const WARM_TRADES = 500_000;
const JUMP_S = 120;
const T0 = Date.UTC(2026, 0, 5);

/** Every symbol trades evenly; once each it jumps by 6 % and stays. */
function trades(size: Size): Trade[] {
  const { symbols, seconds, rate } = SIZES[size];
  const out: Trade[] = [];
  for (let n = 0; n < seconds * rate; n++)
    for (let s = 0; s < symbols; s++) {
      const ts_ms = T0 + (n * 1_000) / rate;
      const jumped = n / rate >= JUMP_S + (s % 50);
      const price = ((jumped ? 10_600 : 10_000) + (n % 5)) / 100;
      const side = n % 2 === 0 ? "buy" : "sell";
      out.push({
        ver: 1,
        kind: "trade",
        provider: "bench",
        symbol: `SYM${s}USDT`,
        ts_ms,
        recv_ms: ts_ms + 40,
        price,
        size: 1,
        side,
        trade_id: String(n),
        seq: n,
        event_id: "",
      });
    }
  return out;
}

/** The day before, oldest minute first: uneven, so that the state is as long as it is in life. */
function minutes(size: Size): Bar[] {
  const { symbols, minutes } = SIZES[size];
  return Array.from({ length: minutes * symbols }, (_, n): Bar => {
    const symbol = `SYM${n % symbols}USDT`;
    const start_ts_ms = T0 - (minutes - Math.floor(n / symbols)) * 60_000;
    const wave = 1 + 0.01 * Math.sin(n) * Math.sin(n / 977);
    const [low, high] = [99.7 * wave, 100.3 * wave];
    return {
      kind: "bar",
      bar_id: barId(symbol, start_ts_ms, "1m"),
      revision: 0,
      symbol,
      provider: "bench",
      interval: "1m",
      start_ts_ms,
      end_ts_ms: start_ts_ms + 60_000,
      ...{ open: low, high, low, close: 100 * wave, vwap: 100 * wave },
      volume: 600 * wave,
      notional: 60_000,
      trade_count: 600,
      bin_count: 0,
      buy_volume: 300,
      max_late_ms: 0,
      final: true,
      partial: false,
    };
  });
}

const hash = (opened: readonly string[]): string => Bun.hash(opened.toSorted().join("\n")).toString(16);

function ours(all: readonly Trade[], history: readonly Bar[]) {
  const state = adaptive.init(ADAPTIVE_SETTINGS);
  const opened: string[] = [];
  const warming = cpuMs();
  for (const bar of history) adaptive.step(state, bar, () => undefined);
  const minute_ms = cpuMs() - warming;
  const begun = cpuMs();
  for (const trade of all)
    adaptive.step(state, trade, (out) => {
      if (out.kind === "candidate" && out.revision === 0) opened.push(`${out.symbol} ${out.time_ms}`);
    });
  const ms = cpuMs() - begun;
  return { opened, ms, minute_ms, bytes: JSON.stringify(state).length / state.symbols.count };
}

/** The price 60 s ago by looking back through all trades; three in a row beyond 5 %. */
function plain(all: readonly Trade[]) {
  const kept = new Map<string, { ts: number[]; price: number[]; back: number; run: number; open: boolean }>();
  const opened: string[] = [];
  const begun = cpuMs();
  for (const { symbol, ts_ms, price } of all) {
    let k = kept.get(symbol);
    if (k === undefined) {
      k = { ts: [], price: [], back: 0, run: 0, open: false };
      kept.set(symbol, k);
    }
    k.ts.push(ts_ms);
    k.price.push(price);
    while (k.ts[k.back + 1]! <= ts_ms - 60_000) k.back++;
    k.run = Math.abs(price / k.price[k.back]! - 1) >= 0.05 ? k.run + 1 : 0;
    if (k.run >= 3 && !k.open) {
      k.open = true;
      opened.push(`${symbol} ${ts_ms}`);
    }
  }
  return { opened, ms: cpuMs() - begun };
}

export const workload: Workload = {
  name: "anomalies",
  targets: [
    { figure: "ns_per_trade", max: 1_000 },
    { figure: "state_bytes_per_symbol", max: 10_000 },
  ],
  async run(size: Size) {
    const all = trades(size);
    const history = minutes(size);
    // The watcher runs for weeks: what its first seconds cost, while the code is compiled, is not what a trade costs.
    ours(all.slice(0, WARM_TRADES), []);
    const fast = ours(all, history);
    const peer = plain(all);
    return {
      result_hash: hash(fast.opened),
      figures: {
        ns_per_trade: round((fast.ms * 1e6) / all.length, 0),
        ns_per_minute: round((fast.minute_ms * 1e6) / history.length, 0),
        state_bytes_per_symbol: round(fast.bytes, 0),
        alerts: fast.opened.length,
      },
      peer: {
        name: "fixed limit over all trades kept",
        result_hash: hash(peer.opened),
        figures: { ns_per_trade: round((peer.ms * 1e6) / all.length, 0), alerts: peer.opened.length },
      },
    };
  },
};

if (import.meta.main) await main(workload);
