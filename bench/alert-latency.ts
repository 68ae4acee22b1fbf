/**
 * From a trade to its alert on the bus, under load: trades are published to the embedded log, the real aggregate thread
 * reads them, the alert is followed on `tape.alerts`. The peer steps the same two graphs in a plain loop, without log or
 * threads: it must find the same alerts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GateIn } from "../core/gate/index.ts";
import { gateGraph } from "../core/graph/gate.ts";
import { marketGraph } from "../core/graph/market.ts";
import { type Alert, eventId, type Heartbeat, type MarketRecord, type Trade } from "../core/messages/index.ts";
import { MARKET_PARTITIONS, partitionOf } from "../core/partition.ts";
import { TOPICS } from "../core/topics.ts";
import { openEmbeddedBus } from "../server/bus/embedded/host.ts";
import { gateSettings, graphSettings } from "../server/settings/graph.ts";
import { loadSettings } from "../server/settings/load.ts";
import { spawnThread } from "../server/supervisor/threads.ts";
import { type Measured, main, quantile, round, type Size, type Workload } from "./harness.ts";

const SIZES = {
  smoke: { seconds: 4, rate: 1_000, moves: 4 },
  full: { seconds: 60, rate: 10_000, moves: 250 },
} as const;
const TICK_MS = 10;
const BUSY_SYMBOLS = 50;
const JUMP = 1.06;
const CONFIRMING = 4;
const WARM_SEC = 1;

const { settings } = loadSettings({ argv: [], env: {}, cwd: tmpdir() });
const ids = new Map<string, number>();

function trade(symbol: string, ts_ms: number, price: number): Trade {
  const seq = (ids.get(symbol) ?? 0) + 1;
  ids.set(symbol, seq);
  const side = seq % 3 === 0 ? "sell" : "buy";
  const event_id = eventId("bench", symbol, ts_ms, seq);
  return {
    ver: 1,
    kind: "trade",
    origin: "synthetic",
    provider: "bench",
    symbol,
    ts_ms,
    recv_ms: ts_ms,
    price,
    size: 1,
    side,
    trade_id: String(seq),
    seq,
    event_id,
  };
}

/** What happens in one tick: the busy symbols trade, and now and then a quiet one jumps and is confirmed. */
function tick(size: Size, n: number, now_ms: number): MarketRecord[] {
  const { rate, moves, seconds } = SIZES[size];
  const records: MarketRecord[] = [];
  const count = (rate * TICK_MS) / 1_000;
  for (let i = 0; i < count; i++)
    records.push(trade(`BUSY${(n * count + i) % BUSY_SYMBOLS}`, now_ms, 100 + (i % 7) / 100));
  const ticks = (seconds * 1_000) / TICK_MS;
  const warm = (WARM_SEC * 1_000) / TICK_MS;
  if (n === 0) for (let m = 0; m < moves; m++) records.push(trade(`JUMP${m}`, now_ms, 100));
  const every = Math.floor((ticks - 2 * warm) / moves);
  const m = (n - warm) / every;
  if (Number.isInteger(m) && m >= 0 && m < moves) {
    const price = m % 2 === 0 ? 100 * JUMP : 100 / JUMP;
    records.push(trade(`JUMP${m}`, now_ms, 100));
    for (let i = 0; i < CONFIRMING; i++) records.push(trade(`JUMP${m}`, now_ms, price));
  }
  if (n % 10 === 0)
    records.push({ kind: "heartbeat", origin: "synthetic", provider: "bench", ts_ms: now_ms, reason: "clock" });
  return records;
}

const isMove = (alert: Alert): boolean =>
  alert.kind === "move" && alert.revision === 0 && alert.symbol.startsWith("JUMP");
const hash = (alerts: Iterable<string>): string => Bun.hash([...alerts].sort().join("\n")).toString(16);

async function ours(size: Size, sent: MarketRecord[]): Promise<{ hash: string; took_ms: Float64Array }> {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-bench-"));
  const bus = await openEmbeddedBus({ dir, prefix: "synthetic.", fsync: "normal" });
  await bus.ensureTopics(Object.values(TOPICS));
  const ready = Promise.withResolvers<void>();
  const thread = spawnThread(
    "aggregate",
    {
      t: "init",
      role: "aggregate",
      settings,
      origin: "synthetic",
      dir,
      started_ms: Date.now(),
      bus: bus.connect(),
      store: null,
    },
    (message) => (message.t === "failed" ? ready.reject(new Error(message.message)) : ready.resolve()),
    () => ready.reject(new Error("the aggregate thread ended")),
  );
  await ready.promise;
  const took: number[] = [];
  const found = new Set<string>();
  const done = new AbortController();
  const following = (async () => {
    for await (const batch of bus.follow(TOPICS.alerts.name, 0, 0, { signal: done.signal })) {
      const now_ms = Date.now();
      for (const value of batch.values) {
        const alert = JSON.parse(value) as Alert;
        if (!isMove(alert)) continue;
        found.add(alert.symbol);
        took.push(now_ms - alert.updated_ms);
      }
    }
  })();
  const { seconds, moves } = SIZES[size];
  const start_ms = Date.now();
  for (let n = 0; n < (seconds * 1_000) / TICK_MS; n++) {
    const due_ms = start_ms + n * TICK_MS;
    while (Date.now() < due_ms) await Bun.sleep(due_ms - Date.now());
    const records = tick(size, n, Date.now());
    sent.push(...records);
    const perPartition = new Map<number, string[]>();
    const put = (partition: number, record: MarketRecord): void => {
      const values = perPartition.get(partition) ?? [];
      values.push(JSON.stringify(record));
      perPartition.set(partition, values);
    };
    for (const record of records) {
      if (record.kind === "heartbeat") for (let p = 0; p < MARKET_PARTITIONS; p++) put(p, record);
      else if ("symbol" in record) put(partitionOf(record.symbol), record);
    }
    for (const [partition, values] of perPartition) void bus.publish(TOPICS.market.name, partition, values);
  }
  for (let waits = 0; found.size < moves && waits < 500; waits++) await Bun.sleep(20);
  done.abort();
  await following;
  thread.terminate();
  await bus.close();
  rmSync(dir, { recursive: true, force: true });
  return { hash: hash(found), took_ms: Float64Array.from(took).sort() };
}

function peer(sent: readonly MarketRecord[]): { hash: string; took_ms: Float64Array } {
  const states = Array.from({ length: MARKET_PARTITIONS }, (_, p) => marketGraph.init(graphSettings(settings, p)));
  const gate = gateGraph.init(gateSettings(settings));
  const found = new Set<string>();
  const took: number[] = [];
  const gated = (record: GateIn): void =>
    gateGraph.step(gate, record, (_topic, alert) => {
      if (isMove(alert as Alert)) found.add((alert as Alert).symbol);
    });
  const step = (partition: number, record: MarketRecord): void =>
    marketGraph.step(states[partition]!, record, (topic, out) => {
      if (topic === TOPICS.candidates.name) gated(out as GateIn);
    });
  for (const record of sent) {
    const before = found.size;
    const began = performance.now();
    if (record.kind === "heartbeat") for (let p = 0; p < MARKET_PARTITIONS; p++) step(p, record satisfies Heartbeat);
    else if ("symbol" in record) step(partitionOf(record.symbol), record);
    if (found.size > before) took.push(performance.now() - began);
  }
  return { hash: hash(found), took_ms: Float64Array.from(took).sort() };
}

async function run(size: Size): Promise<Measured> {
  const sent: MarketRecord[] = [];
  ids.clear();
  const we = await ours(size, sent);
  const they = peer(sent);
  const figures = (one: typeof we): { alerts: number; tick_to_alert_p50_ms: number; tick_to_alert_p99_ms: number } => ({
    alerts: one.took_ms.length,
    tick_to_alert_p50_ms: round(quantile(one.took_ms, 0.5), 3),
    tick_to_alert_p99_ms: round(quantile(one.took_ms, 0.99), 3),
  });
  return {
    result_hash: we.hash,
    figures: figures(we),
    peer: { name: "the graphs alone, in a plain loop", result_hash: they.hash, figures: figures(they) },
  };
}

export const workload: Workload = {
  name: "alert-latency",
  targets: [
    { figure: "alerts", min: SIZES.full.moves },
    { figure: "tick_to_alert_p99_ms", max: 50 },
  ],
  run,
};

if (import.meta.main) await main(workload);
