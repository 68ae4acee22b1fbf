/**
 * Frames of a real local socket, trades, quotes and changes of books mixed, through connection, records and the embedded log:
 * how long from a frame's arrival until its record is durable, and whether any trade is missing. The peer is the plain way:
 * one socket, JSON.parse, a publish per frame.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import { MARKET_PARTITIONS, partitionOf } from "../core/partition.ts";
import type { Clock } from "../core/ports/clock.ts";
import { TOPICS } from "../core/topics.ts";
import { type BusHost, openEmbeddedBus } from "../server/bus/embedded/host.ts";
import { systemClock } from "../server/clock.ts";
import { createLiveFeed } from "../server/feeds/live.ts";
import { VENUES } from "../server/feeds/venues.ts";
import { loadSettings } from "../server/settings/load.ts";
import { MarketSink } from "../workers/shell/market-sink.ts";
import { type Measured, main, quantile, round, type Size, type Workload } from "./harness.ts";
import { slope, steepness } from "./support/spine.ts";
import { type Venue, venueOf } from "./support/venue.ts";
import type { Sent } from "./support/venue-child.ts";

const SIZES = { smoke: { rate: 2_000, seconds: 2 }, full: { rate: 20_000, seconds: 40 } } as const;
const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "ADAUSDT", "DOGEUSDT", "LTCUSDT", "DOTUSDT"];
const TAIL_SEC = 30;
const market = TOPICS.market.name;

/** Fractions of a millisecond: the whole way takes few of them. */
const nowMs = (): number => performance.timeOrigin + performance.now();
const fineClock: Clock = { ...systemClock, now: nowMs };

interface Heard {
  /** Of each kind of record, from its frame's arrival until it was durable. */
  readonly ages_ms: Readonly<Record<"trade" | "quote" | "book", number[]>>;
  readonly rss_mb: [number, number][];
  readonly counts: Readonly<Record<string, number>>;
  readonly sent: Sent;
}

/** Runs one way of ingesting over a fresh log; `listen` resolves when trades arrive, with how to stop it. */
async function measured(
  { rate, seconds }: (typeof SIZES)[Size],
  listen: (from: Venue, bus: BusHost, durable: (values: readonly string[]) => void) => Promise<() => Promise<void>>,
): Promise<Heard> {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-ingest-"));
  const bus = await openEmbeddedBus({ dir, prefix: "", fsync: "normal" });
  const from = await venueOf(SYMBOLS, rate, seconds);
  try {
    await bus.ensureTopics(Object.values(TOPICS));
    const ages_ms = { trade: [] as number[], quote: [] as number[], book: [] as number[] };
    const rss_mb: [number, number][] = [];
    let isOn = false;
    const stop = await listen(from, bus, (values) => {
      if (!isOn) return;
      const now_ms = nowMs();
      for (const value of values) {
        // A quote that brought no time of its own has that of its arrival.
        const recv_ms = Number((/"recv_ms":([\d.]+)/.exec(value) ?? /"ts_ms":([\d.]+)/.exec(value))?.[1]);
        const kind = /"kind":"(trade|quote|book)"/.exec(value)?.[1] as keyof typeof ages_ms | undefined;
        if (recv_ms > 0 && kind !== undefined) ages_ms[kind].push(now_ms - recv_ms);
      }
    });
    isOn = true;
    const sampling = setInterval(
      () => rss_mb.push([performance.now() / 1_000, process.memoryUsage.rss() / 1e6]),
      Math.min(1_000, (seconds * 1_000) / 8),
    );
    const sent = await from.go();
    clearInterval(sampling);
    let counts = await tradesIn(bus, sent);
    const wanted = Object.values(sent.ids).reduce((sum, [first, end]) => sum + end - first, 0);
    const total = (): number => Object.values(counts).reduce((sum, n) => sum + n, 0);
    // What is still under way; a trade that is lost is waited for once.
    for (let before = -1; total() < wanted && before !== total(); ) {
      before = total();
      await Bun.sleep(2_000);
      counts = await tradesIn(bus, sent);
    }
    await stop();
    return { ages_ms, rss_mb, counts, sent };
  } finally {
    await from.end();
    await bus.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Of the measured trades, how many of each symbol the log has, each id once. */
async function tradesIn(bus: BusHost, { ids }: Sent): Promise<Record<string, number>> {
  const seen = new Map<string, Set<number>>(SYMBOLS.map((symbol) => [symbol, new Set()]));
  for (let partition = 0; partition < MARKET_PARTITIONS; partition++) {
    const { start, end } = await bus.info(market, partition);
    if (start === end) continue;
    for await (const batch of bus.follow(market, partition, start)) {
      for (const value of batch.values) {
        if (!value.includes('"trade"')) continue;
        const { kind, symbol, seq } = JSON.parse(value) as { kind: string; symbol: string; seq: number };
        const [first, past] = ids[symbol] ?? [0, 0];
        if (kind === "trade" && seq >= first && seq < past) seen.get(symbol)?.add(seq);
      }
      if (batch.next >= end) break;
    }
  }
  return Object.fromEntries([...seen].map(([symbol, found]) => [symbol, found.size]));
}

async function ours(from: Venue, bus: BusHost, durable: (values: readonly string[]) => void) {
  const env = { SYMBOLS: SYMBOLS.join(","), BINANCE_STREAM: from.stream, BINANCE_REST: from.rest };
  const { settings } = loadSettings({ argv: [], env, cwd: tmpdir() });
  const publisher = {
    async publish(topic: string, partition: number, values: readonly string[]) {
      await bus.publish(topic, partition, values);
      if (topic === market) durable(values);
    },
  };
  const sink = new MarketSink(publisher, fineClock, "live");
  const stop = new AbortController();
  const feed = createLiveFeed({ venues: [await VENUES.binance!()], settings, clock: fineClock, resume: null });
  const running = feed.run(sink, stop.signal);
  const heard = (): Readonly<Record<string, number>> => sink.outputs.written;
  while ((heard().trade ?? 0) < 2 * SYMBOLS.length || (heard().book ?? 0) < SYMBOLS.length) await Bun.sleep(50);
  return async () => {
    stop.abort();
    await running;
    await sink.drain();
  };
}

/** The parts of a frame the peer reads. */
interface Frame {
  readonly stream: string;
  readonly data: {
    readonly s: string;
    readonly t?: number;
    readonly p?: string;
    readonly q?: string;
    readonly T?: number;
  };
}

async function plain(from: Venue, bus: BusHost, durable: (values: readonly string[]) => void) {
  const streams = SYMBOLS.flatMap((symbol) =>
    ["trade", "bookTicker", "depth@100ms"].map((name) => `${symbol.toLowerCase()}@${name}`),
  );
  const socket = new WebSocket(`${from.stream}?streams=${streams.join("/")}`);
  let trades = 0;
  let under = 0;
  socket.on("message", (data) => {
    const recv_ms = nowMs();
    const { stream, data: frame } = JSON.parse(String(data)) as Frame;
    const isTrade = stream.endsWith("@trade");
    if (isTrade) trades++;
    const { s: symbol, t: seq, p, q, T: ts_ms } = frame;
    const record = isTrade
      ? { kind: "trade", provider: "binance", symbol, ts_ms, recv_ms, price: Number(p), size: Number(q), seq }
      : { kind: stream.endsWith("@bookTicker") ? "quote" : "book", symbol, recv_ms, ...frame };
    const values = [JSON.stringify(record)];
    under++;
    void bus.publish(market, partitionOf(symbol), values).then(() => {
      under--;
      durable(values);
    });
  });
  while (trades < 2 * SYMBOLS.length) await Bun.sleep(50);
  return async () => {
    socket.terminate();
    while (under > 0) await Bun.sleep(5);
  };
}

function figuresOf({ ages_ms, rss_mb, sent, counts }: Heard) {
  const age = (kind: keyof typeof ages_ms, share: number): number =>
    round(quantile(Float64Array.from(ages_ms[kind]).sort(), share));
  const wanted = Object.values(sent.ids).reduce((sum, [first, end]) => sum + end - first, 0);
  const tail = rss_mb.slice(-TAIL_SEC);
  return {
    frames_per_s: round((sent.frames / sent.ms) * 1_000),
    trades_lost: wanted - Object.values(counts).reduce((sum, n) => sum + n, 0),
    receive_to_durable_p50_ms: age("trade", 0.5),
    receive_to_durable_p99_ms: age("trade", 0.99),
    quote_to_durable_p99_ms: age("quote", 0.99),
    book_to_durable_p99_ms: age("book", 0.99),
    rss_mb: round(rss_mb.at(-1)?.[1] ?? Number.NaN),
    rss_slope_mb_per_s: round(Math.max(0, steepness(tail)), 3),
    rss_median_slope_mb_per_s: round(Math.max(0, slope(tail)), 3),
  };
}

const workload: Workload = {
  name: "ingest-load",
  targets: [
    { figure: "frames_per_s", min: 19_800 },
    { figure: "trades_lost", max: 0 },
    { figure: "receive_to_durable_p99_ms", max: 20 },
    { figure: "rss_slope_mb_per_s", max: 1 },
  ],
  async run(size: Size): Promise<Measured> {
    const mine = await measured(SIZES[size], ours);
    const theirs = await measured(SIZES[size], plain);
    const hash = ({ counts }: Heard): string => Bun.hash(JSON.stringify(counts)).toString(16);
    return {
      result_hash: hash(mine),
      figures: figuresOf(mine),
      peer: {
        name: "one socket, JSON.parse, a publish a frame",
        result_hash: hash(theirs),
        figures: figuresOf(theirs),
      },
    };
  },
};

if (import.meta.main) await main(workload);
