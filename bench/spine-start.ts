/**
 * From the command to the first candle, and how long after its end a bar leaves, in a quiet symbol too. The peer is the
 * bare runtime: a process that does nothing but answer one request.
 */
import type { Bar } from "../core/messages/index.ts";
import { startApp, tempDir } from "../server/test-support/app-process.ts";
import { type Measured, main, quantile, round, type Size, type Workload } from "./harness.ts";
import { readTape } from "./support/spine.ts";

const SIZES = { smoke: { starts: 1, seconds: 6 }, full: { starts: 5, seconds: 30 } } as const;
const BARE = `const s = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("{}") }); console.log(s.port); setTimeout(() => process.exit(0), 10_000);`;

async function firstCandle(url: string, interval: "1s" | "1m", from_ms = 0): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/api/bars?symbol=BTCUSDT&interval=${interval}&limit=1`).catch(() => null);
    const { items } = answer?.ok === true ? ((await answer.json()) as { items: Bar[] }) : { items: [] };
    if (items.some((bar) => bar.start_ts_ms > from_ms)) return;
    await Bun.sleep(5);
  }
}

async function start(seconds: number): Promise<{ took_ms: number; late_ms: number[]; quiet_ms: number[] }> {
  const { dir, remove } = await tempDir();
  try {
    const began = performance.now();
    const app = await startApp({ DATA_DIR: dir, SYNTHETIC_SCENARIO: "quiet" });
    await firstCandle(app.url, "1m");
    const took_ms = performance.now() - began;
    const live_ms = Date.now() + 1_000;
    // A busy machine may still be making its history.
    if (seconds > 0) await firstCandle(app.url, "1s", live_ms);
    await Bun.sleep(seconds * 1_000);
    await app.stop();
    const { bars } = await readTape(dir);
    const live = bars.filter((bar) => bar.interval === "1s" && bar.revision === 0 && bar.start_ts_ms > live_ms);
    const trades = Map.groupBy(live, (bar) => bar.symbol);
    const [quietest] = [...trades].sort((a, b) => a[1].length - b[1].length);
    const lateOf = (some: typeof live): number[] => some.map((bar) => (bar.ingest_ts_ms ?? 0) - bar.end_ts_ms);
    return { took_ms, late_ms: lateOf(live), quiet_ms: lateOf(quietest?.[1] ?? []) };
  } finally {
    await remove();
  }
}

async function bare(): Promise<number> {
  const began = performance.now();
  const child = Bun.spawn([process.execPath, "-e", BARE], { stdout: "pipe", stderr: "ignore", stdin: "ignore" });
  for await (const chunk of child.stdout) {
    await fetch(`http://127.0.0.1:${new TextDecoder().decode(chunk).trim()}/`);
    break;
  }
  const took_ms = performance.now() - began;
  child.kill();
  await child.exited;
  return took_ms;
}

async function run(size: Size): Promise<Measured> {
  const { starts, seconds } = SIZES[size];
  const ours: Awaited<ReturnType<typeof start>>[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < starts; i++) {
    theirs.push(await bare());
    ours.push(await start(i === 0 ? seconds : 0));
  }
  const late = ours[0]!.late_ms.sort((a, b) => a - b);
  const quiet = ours[0]!.quiet_ms;
  const median = (values: number[]): number =>
    quantile(
      values.sort((a, b) => a - b),
      0.5,
    );
  return {
    result_hash: "a candle was served",
    figures: {
      first_answer_ms: round(median(ours.map((one) => one.took_ms))),
      bar_leaves_p99_ms: round(quantile(late, 0.99)),
      bar_leaves_quiet_max_ms: round(Math.max(0, ...quiet)),
    },
    peer: {
      name: "bare Bun.serve",
      result_hash: "a candle was served",
      figures: { first_answer_ms: round(median(theirs)) },
    },
  };
}

export const workload: Workload = {
  name: "spine-start",
  targets: [
    { figure: "first_answer_ms", max: 2_000 },
    { figure: "bar_leaves_p99_ms", max: 750 },
    { figure: "bar_leaves_quiet_max_ms", max: 750 },
  ],
  run,
};

if (import.meta.main) await main(workload);
