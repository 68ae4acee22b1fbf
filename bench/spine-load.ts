/**
 * The whole spine in the real process: feed → log → graph → log → cache → SSE client, at SYNTHETIC_RATE trades a second.
 * The peer counts the trades of the log in a plain loop: what the bars counted must be the same, second by second.
 */
import type { Status } from "../core/messages/index.ts";
import { getJson, startApp, tempDir, until } from "../server/test-support/app-process.ts";
import { type Measured, main, quantile, round, type Size, type Workload } from "./harness.ts";
import { readTape, slope, steepness, watch } from "./support/spine.ts";

const SIZES = { smoke: { seconds: 7, later: 0, rate: 2_000 }, full: { seconds: 60, later: 60, rate: 10_000 } } as const;
/** Seconds at the end over which memory must not grow. */
const TAIL_SEC = 40;
const EDGE_SEC = 1;

async function run(size: Size): Promise<Measured> {
  const { seconds, later, rate } = SIZES[size];
  const { dir, remove } = await tempDir();
  try {
    const app = await startApp({
      DATA_DIR: dir,
      SYNTHETIC_SCENARIO: "load",
      SYNTHETIC_RATE: String(rate),
      SYMBOLS: "top:30",
    });
    // What is measured is the run, not the start: history replayed, archive open.
    await until(
      () => getJson<Status>(`${app.url}/api/status`),
      ({ ready, lag, newest_ts_ms }) => ready && lag < rate && Date.now() - (newest_ts_ms ?? 0) < 1_000,
      120_000,
    );
    const from_s = Math.ceil(Date.now() / 1_000) + EDGE_SEC;
    const watched = await watch(app, seconds + later);
    const to_s = Math.floor(Date.now() / 1_000) - EDGE_SEC;
    if ((await app.stop()) !== 0) throw new Error(`the server did not stop cleanly:\n${app.output()}`);

    const tape = await readTape(dir);
    const inside = (counts: ReadonlyMap<string, number>): [string, number][] =>
      [...counts].filter(([key]) => Number(key.split(" ")[1]) >= from_s && Number(key.split(" ")[1]) < to_s).sort();
    const total = (counts: [string, number][]): number => counts.reduce((sum, [, n]) => sum + n, 0);
    const fed = inside(tape.trades);
    const counted = inside(tape.counted);
    /** The last seconds of the first so many. */
    const tail = (of: number) => watched.rss_mb.slice(Math.max(0, of - TAIL_SEC), of);
    const hash = (counts: [string, number][]): string => Bun.hash(JSON.stringify(counts)).toString(16);
    return {
      result_hash: hash(counted),
      figures: {
        trades: total(counted),
        trades_per_s: round(total(counted) / (to_s - from_s)),
        tick_to_client_p50_ms: round(quantile(watched.ages_ms, 0.5)),
        tick_to_client_p99_ms: round(quantile(watched.ages_ms, 0.99)),
        loop_delay_p99_ms: round(watched.loop_delay_p99_ms),
        rss_mb: round(watched.rss_mb.at(-1)?.[1] ?? Number.NaN),
        rss_slope_mb_per_s: round(Math.max(0, steepness(tail(seconds))), 3),
        rss_median_slope_mb_per_s: round(Math.max(0, slope(tail(seconds))), 3),
        // The heap finds its working size within about a minute: what grows after that does not stop.
        rss_later_slope_mb_per_s: round(Math.max(0, steepness(tail(seconds + later))), 3),
      },
      peer: { name: "plain count of the log", result_hash: hash(fed), figures: { trades: total(fed) } },
    };
  } finally {
    await remove();
  }
}

export const workload: Workload = {
  name: "spine-load",
  targets: [
    { figure: "trades_per_s", min: 9_900 },
    { figure: "tick_to_client_p99_ms", max: 100 },
    { figure: "loop_delay_p99_ms", max: 20 },
    { figure: "rss_slope_mb_per_s", max: 0.2 },
  ],
  run,
};

if (import.meta.main) await main(workload);
