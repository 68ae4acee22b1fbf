/**
 * The price window with 15 full minutes at 10 ticks a second: every tick measured over 1m, 5m and 15m, exact percentiles
 * included. The peer keeps a list and reads all of it again at every tick, as the source system does.
 */
import { addPrice, blank, judge, type Measure, measure, priceWindow } from "../core/stages/metrics/price-window.ts";
import { METRICS_SETTINGS as S } from "../core/stages/metrics/settings.ts";
import { mean, quantileOf, sampled, simpleReturns, spread } from "../core/test-support/plain.ts";
import { randomOf } from "../core/test-support/random.ts";
import { main, round, type Size, type Workload } from "./harness.ts";
import { cpuMs } from "./support/measure.ts";

const SIZES = {
  smoke: { ticks: 3_000, compared: 20 },
  full: { ticks: 1_000_000, compared: 500 },
} as const;
/** Fills the longest window. */
const WARM = 9_500;
/** Fills the peer's 300 values of history, and lets its smoothed z forget how it began. */
const HISTORY = 400;

interface Tick {
  readonly ts_ms: number;
  readonly price: number;
}

/** Ten a second: on the beat, or as irregular as trades are. */
function ticks(count: number, steady: boolean): Tick[] {
  const random = randomOf(1);
  let ts_ms = 1.7e12;
  let price = 100;
  return Array.from({ length: count }, () => {
    ts_ms += steady ? 100 : 1 + Math.floor(random() * 199);
    price *= 1 + (random() - 0.5) * 1e-4;
    return { ts_ms, price };
  });
}

/** Four digits: the two add up in a different order. */
const text = (m: Measure): string =>
  [m.ret, m.vol, m.ret_z, m.ret_z_ewma, m.vol_z, m.p_low, m.p_high].map((x) => x?.toPrecision(4) ?? "-").join(" ");
const hash = (lines: readonly string[]): string => Bun.hash(lines.join("\n")).toString(16);

function ours(all: readonly Tick[], compared: number): { rate: number; lines: string[] } {
  const window = priceWindow(S);
  const out = S.windows.map(blank);
  const lines: string[] = [];
  let begun = 0;
  all.forEach(({ ts_ms, price }, n) => {
    if (n === WARM) begun = cpuMs();
    if (judge(window, S, ts_ms) !== "processed") throw new Error("a tick was not taken");
    const at = addPrice(window, S, ts_ms, price);
    measure(window, S, at, out);
    if (n >= all.length - compared) for (const m of out) lines.push(text(m));
  });
  return { rate: ((all.length - WARM) / (cpuMs() - begun)) * 1_000, lines };
}

/** Everything anew at every tick. */
function plain(all: readonly Tick[], compared: number): { rate: number; lines: string[] } {
  const state = S.windows.map(() => ({ rets: [] as number[], vols: [] as number[], ewma: null as number | null }));
  const lines: string[] = [];
  const from = all.length - compared - HISTORY;
  const begun = cpuMs();
  for (let n = from; n < all.length; n++) {
    const { ts_ms, price } = all[n]!;
    S.windows.forEach(({ ms }, w) => {
      const inside = all.slice(Math.max(0, n - WARM), n + 1).filter((t) => t.ts_ms >= ts_ms - ms);
      const ret = (price - inside[0]!.price) / inside[0]!.price;
      const vol = spread(simpleReturns(sampled(inside, S.vol_resample_ms)));
      const { rets, vols } = state[w]!;
      const z = rets.length < 2 ? null : (ret - mean(rets)) / spread(rets);
      const before = state[w]!.ewma;
      state[w]!.ewma =
        z === null
          ? null
          : Math.max(-S.ewma_z_cap, Math.min(S.ewma_z_cap, before === null ? z : before + S.ewma_alpha * (z - before)));
      const measured: Measure = {
        ...blank(),
        ret,
        vol,
        ret_z: z,
        ret_z_ewma: state[w]!.ewma,
        vol_z: vols.length < 2 ? null : (vol - mean(vols)) / spread(vols),
        p_low: rets.length < 3 ? null : quantileOf(rets, S.percentile_low),
        p_high: rets.length < 3 ? null : quantileOf(rets, S.percentile_high),
      };
      if (n >= all.length - compared) lines.push(text(measured));
      state[w]!.rets = [...rets, ret].slice(-S.history_max);
      state[w]!.vols = [...vols, vol].slice(-S.history_max);
    });
  }
  return { rate: ((compared + HISTORY) / (cpuMs() - begun)) * 1_000, lines };
}

export const workload: Workload = {
  name: "metrics",
  // A thousand times the 700 ticks a second of the source system, on one core.
  targets: [{ figure: "ticks_per_s", min: 700_000 }],
  async run(size: Size) {
    const { ticks: count, compared } = SIZES[size];
    const steady = ticks(WARM + count, true);
    const irregular = ours(ticks(WARM + count, false), 0);
    const fast = ours(steady, compared);
    const slow = plain(steady, compared);
    return {
      result_hash: hash(fast.lines),
      figures: { ticks_per_s: round(fast.rate, 0), irregular_ticks_per_s: round(irregular.rate, 0) },
      peer: {
        name: "plain recomputation",
        result_hash: hash(slow.lines),
        figures: { ticks_per_s: round(slow.rate, 1) },
      },
    };
  },
};

if (import.meta.main) await main(workload);
