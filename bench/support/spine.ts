import { join } from "node:path";
import { type Bar, INTERVALS, type MarketRecord } from "../../core/messages/index.ts";
import { MARKET_PARTITIONS } from "../../core/partition.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { TOPICS } from "../../core/topics.ts";
import { openEmbeddedBus } from "../../server/bus/embedded/host.ts";
import type { AppProcess } from "../../server/test-support/app-process.ts";

/** What a client of the real server sees, and what the process costs meanwhile: shared by the workloads of the spine. */
export interface Watched {
  /** Age of the newest trade inside each forming bar when it arrived. */
  readonly ages_ms: Float64Array;
  /** Megabytes, once a second. */
  readonly rss_mb: readonly (readonly [number, number])[];
  /** Lateness of the main thread over the whole time. */
  readonly loop_delay_p99_ms: number;
}

export async function watch(app: AppProcess, seconds: number): Promise<Watched> {
  const ages: number[] = [];
  const rss: [number, number][] = [];
  await loopDelayP99(app);
  const off = new AbortController();
  const sampling = setInterval(() => void rssOf(app.pid).then((mb) => rss.push([performance.now() / 1000, mb])), 1_000);
  const timer = setTimeout(() => off.abort(), seconds * 1_000);
  try {
    const answer = await fetch(`${app.url}/api/stream?topics=bars&intervals=1s`, { signal: off.signal });
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of answer.body!) {
      const now_ms = Date.now();
      text += decoder.decode(chunk, { stream: true });
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const data = /^data: ?(.*)$/m.exec(event)?.[1];
        if (data === undefined || !event.includes("event: bar")) continue;
        const bar = JSON.parse(data) as Bar;
        if (!bar.final && bar.last_ts_ms !== undefined) ages.push(now_ms - bar.last_ts_ms);
      }
    }
  } catch (cause) {
    if (!off.signal.aborted) throw cause;
  } finally {
    clearInterval(sampling);
    clearTimeout(timer);
  }
  return { ages_ms: Float64Array.from(ages).sort(), rss_mb: rss, loop_delay_p99_ms: await loopDelayP99(app) };
}

/** Since it was last asked for. */
async function loopDelayP99(app: AppProcess): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(/tapebell_loop_delay_seconds\{quantile="0\.99"\} (\S+)/.exec(text)?.[1] ?? Number.NaN) * 1_000;
}

async function rssOf(pid: number): Promise<number> {
  const statm = await Bun.file(`/proc/${pid}/statm`).text();
  return (Number(statm.split(" ")[1]) * 4_096) / 1e6;
}

/**
 * Megabytes per second: the median slope over all pairs. The collector's teeth (±20 MB within seconds) swing a least-squares
 * line over 40 s by ±0.5 MB/s either way; real growth moves every pair.
 */
export function slope(points: readonly (readonly [number, number])[]): number {
  const slopes: number[] = [];
  points.forEach(([x1, y1], i) => {
    for (const [x2, y2] of points.slice(i + 1)) slopes.push((y2 - y1) / (x2 - x1));
  });
  slopes.sort((a, b) => a - b);
  return slopes[slopes.length >> 1] ?? Number.NaN;
}

/** Megabytes per second: least squares over all points. */
export function steepness(points: readonly (readonly [number, number])[]): number {
  const mean = (pick: 0 | 1): number => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  let across = 0;
  let along = 0;
  for (const [x, y] of points) {
    across += (x - x0) * (y - y0);
    along += (x - x0) ** 2;
  }
  return across / along;
}

export interface Tape {
  /** Trades by `<symbol> <second>`, as the feed wrote them. */
  readonly trades: ReadonlyMap<string, number>;
  /** The same out of the final 1 s bars. */
  readonly counted: ReadonlyMap<string, number>;
  readonly bars: readonly Bar[];
}

/** What the log of a stopped process holds. */
export async function readTape(dataDir: string): Promise<Tape> {
  const bus = await openEmbeddedBus({ dir: join(dataDir, "synthetic"), prefix: "synthetic.", fsync: "normal" });
  await bus.ensureTopics(Object.values(TOPICS));
  const trades = new Map<string, number>();
  const seen = new Set<string>();
  for (let partition = 0; partition < MARKET_PARTITIONS; partition++) {
    await readAll<MarketRecord>(bus, TOPICS.market.name, partition, (record) => {
      if (record.kind !== "trade" || seen.has(record.event_id)) return;
      seen.add(record.event_id);
      const key = `${record.symbol} ${Math.floor(record.ts_ms / 1_000)}`;
      trades.set(key, (trades.get(key) ?? 0) + 1);
    });
  }
  const newest = new Map<string, Bar>();
  await readAll<Bar>(bus, TOPICS.bars.name, 0, (bar) => {
    if ((newest.get(bar.bar_id)?.revision ?? -1) < bar.revision) newest.set(bar.bar_id, bar);
  });
  await bus.close();
  const bars = [...newest.values()];
  const counted = new Map(
    bars
      .filter((bar) => bar.interval === INTERVALS[0])
      .map((bar) => [`${bar.symbol} ${bar.start_ts_ms / 1_000}`, bar.trade_count]),
  );
  return { trades, counted, bars };
}

async function readAll<T>(bus: Bus, topic: string, partition: number, each: (record: T) => void): Promise<void> {
  const { start, end } = await bus.info(topic, partition);
  if (start >= end) return;
  for await (const batch of bus.follow(topic, partition, start)) {
    for (const value of batch.values) each(JSON.parse(value) as T);
    if (batch.next >= end) return;
  }
}
