import type { Bar } from "../../core/messages/bar.ts";
import type { Api, ApiProblem, BarsQuery } from "../state/api.ts";
import { makeApp } from "../state/app.ts";
import { makeBar, makeStatus } from "./fake-market.ts";
import { makeFakeTransport } from "./fake-transport.ts";
import { makeManualClock } from "./manual-clock.ts";
import { makeManualFrame } from "./manual-frame.ts";

export const M = 60_000;
export const SYMBOLS = ["AAVEUSDT", "BTCUSDT", "ETHUSDT"];

/** The page over a server, a clock and a frame that the test moves by hand. */
export function appWorld(options: { alerts?: () => Promise<never[]> } = {}) {
  const clock = makeManualClock();
  const t0 = Math.floor(clock.now() / M) * M - 10 * M;
  const { transport, attempts, last } = makeFakeTransport();
  const asked: BarsQuery[] = [];
  let alertsAsked = 0;
  let reloads = 0;
  /** What the server would answer; tests change it. */
  const log = new Map<string, Bar[]>();
  let failing: ApiProblem | null = null;
  let symbols: readonly string[] = SYMBOLS;
  const api: Api = {
    symbols: async () => symbols.map((symbol) => ({ symbol, decimals: 2 })),
    async bars(query) {
      asked.push(query);
      if (failing !== null) throw failing;
      const before = query.to ?? Number.POSITIVE_INFINITY;
      const all = (log.get(`${query.symbol} ${query.interval}`) ?? []).filter((one) => one.start_ts_ms < before);
      return { items: all.slice(-(query.limit ?? 600)), complete: true };
    },
    gaps: async () => [],
    signals: async () => [],
    async watch(symbol) {
      if (failing !== null) throw failing;
      symbols = [...symbols, symbol];
      return `${symbol} is watched.`;
    },
    async unwatch(symbol) {
      symbols = symbols.filter((one) => one !== symbol);
      return `${symbol} is watched no longer.`;
    },
    async alerts() {
      alertsAsked += 1;
      return (await options.alerts?.()) ?? [];
    },
  };
  const { frame } = makeManualFrame();
  const memory = new Map<string, string>();
  const storage = () => ({
    getItem: (key: string) => memory.get(key) ?? null,
    setItem: (key: string, value: string) => void memory.set(key, value),
  });
  const app = makeApp({ api, transport, clock, random: () => 0.5, frame, storage, reload: () => void reloads++ });
  const bar = (minute: number, values: Partial<Bar> = {}): Bar =>
    makeBar({ symbol: "BTCUSDT", interval: "1m", start_ts_ms: t0 + minute * M, ...values });
  return {
    ...{ app, clock, attempts, last, asked, log, bar, t0 },
    alertsAsked: () => alertsAsked,
    reloads: () => reloads,
    fail: (problem: ApiProblem | null) => {
      failing = problem;
    },
    status: (id: string, values = {}) => last().event("status", makeStatus({ ts_ms: clock.now(), ...values }), id),
    minutes: (interval = "1m") =>
      app.bars
        .series("BTCUSDT", interval)
        .rows()
        .map((row) => (row.bar.start_ts_ms - t0) / M),
    async open() {
      app.start();
      last().opened();
      last().event("status", makeStatus({ ts_ms: clock.now() }), "s0");
      await settled();
    },
  };
}
/** Lets every answer that is already there be taken. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 50; i += 1) await Promise.resolve();
};
