import type { Alert, Bar, DeadLetter, Evidence, Gap, Metrics, Signal } from "../../../core/messages/index.ts";
import type { Bus } from "../../../core/ports/bus.ts";
import type { Page, Store, StoredOffset } from "../../../core/ports/store.ts";
import { TOPICS } from "../../../core/topics.ts";
import { cursorOf, cursorText, epochMs, type ListPlace, PERSIST_READER } from "../../../db/index.ts";
import { T0 } from "./world.ts";

type Reads = Pick<
  Store,
  | "readBars"
  | "readAlerts"
  | "readAlert"
  | "readSignals"
  | "readMetrics"
  | "readGaps"
  | "readDeadLetters"
  | "readOffsets"
  | "health"
>;
type Stored = "bars" | "alerts" | "signals" | "metrics" | "gaps" | "deadLetter";

/** A store in memory by the rules of the real one, which has read each log as far as the test says. */
export class FakeStore implements Reads {
  private readonly bus: Bus;
  private readonly bars = new Map<string, Bar>();
  private readonly alerts = new Map<string, Alert>();
  private readonly signals = new Map<string, Signal>();
  private readonly metrics = new Map<string, Metrics>();
  private readonly gaps = new Map<string, Gap>();
  private readonly letters = new Map<string, DeadLetter>();
  private readonly offsets = new Map<Stored, StoredOffset>();
  /** Set: every read waits for it, and fails with it if it rejects. */
  stuck: Promise<unknown> | null = null;
  reads = 0;

  constructor(bus: Bus) {
    this.bus = bus;
  }

  /** As the code under test is given it. */
  get store(): Store {
    return this as unknown as Store;
  }

  /** Takes in what the log holds up to a position. */
  async persist(topic: Stored, upTo?: number): Promise<void> {
    const { name } = TOPICS[topic];
    const { log_id, start, end } = await this.bus.info(name, 0);
    const position = upTo ?? end;
    const from = Math.max(start, this.offsets.get(topic)?.position ?? 0);
    if (from < position) {
      const done = new AbortController();
      for await (const batch of this.bus.follow(name, 0, from, { signal: done.signal })) {
        for (const [i, text] of batch.values.entries()) {
          if (batch.first + i < position && batch.first + i >= from) this.take(topic, JSON.parse(text) as never);
        }
        if (batch.next >= position) done.abort();
      }
    }
    this.offsets.set(topic, { reader: PERSIST_READER, log_id, topic: name, partition: 0, position });
  }

  async readOffsets(reader: string): Promise<StoredOffset[]> {
    await this.answer();
    return reader === PERSIST_READER ? [...this.offsets.values()] : [];
  }

  async readBars(query: Parameters<Store["readBars"]>[0]) {
    await this.answer();
    const { symbol, interval, from_ms, to_ms, limit } = query;
    const found = [...this.bars.values()]
      .filter((one) => one.symbol === symbol && one.interval === interval)
      .filter((one) => one.start_ts_ms >= (from_ms ?? 0) && one.start_ts_ms < (to_ms ?? Number.POSITIVE_INFINITY))
      .sort((a, b) => a.start_ts_ms - b.start_ts_ms);
    if (from_ms === undefined) return { items: found.slice(-limit), next_from_ms: null };
    return { items: found.slice(0, limit), next_from_ms: found[limit]?.start_ts_ms ?? null };
  }

  async readAlerts({ symbol, ...query }: Parameters<Store["readAlerts"]>[0]) {
    await this.answer();
    const all = [...this.alerts.values()].filter(
      (one) => symbol === undefined || one.symbol === symbol || one.symbols?.includes(symbol),
    );
    return page(all, (one) => ({ time_ms: epochMs(one.time), id: one.id }), query);
  }

  async readAlert(id: string) {
    await this.answer();
    return this.alerts.get(id) ?? null;
  }

  async readSignals({ symbol, ...query }: Parameters<Store["readSignals"]>[0]) {
    await this.answer();
    const all = [...this.signals.values()].filter((one) => symbol === undefined || one.symbol === symbol);
    return page(all, (one) => ({ time_ms: epochMs(one.ts), id: one.id }), query);
  }

  async readMetrics({ symbol, ...query }: Parameters<Store["readMetrics"]>[0]) {
    await this.answer();
    const all = [...this.metrics.values()].filter((one) => one.symbol === symbol);
    return page(all, (one) => ({ time_ms: epochMs(one.time), id: one.symbol }), query);
  }

  async readGaps({ symbol, status, ...query }: Parameters<Store["readGaps"]>[0]) {
    await this.answer();
    const all = [...this.gaps.values()]
      .filter((one) => symbol === undefined || one.symbol === symbol || one.symbol === "*")
      .filter((one) => status === undefined || one.status === status);
    return page(all, (one) => ({ time_ms: one.from_ms, id: one.id }), query);
  }

  /** In the order in which they were stored. */
  async readDeadLetters(query: Parameters<Store["readDeadLetters"]>[0]) {
    await this.answer();
    const order = [...this.letters.keys()];
    return page([...this.letters.values()], ({ id }) => ({ time_ms: T0 + order.indexOf(id), id }), query);
  }

  async health() {
    return {
      engine: "pglite" as const,
      ok: true,
      problem: null,
      waiting: 1,
      retries: 2,
      reconnects: 3,
      backup_ms: 4_000,
    };
  }

  private async answer(): Promise<void> {
    this.reads++;
    await this.stuck;
  }

  private take(topic: Stored, record: Bar | Alert | Signal | Metrics | Gap | DeadLetter): void {
    const newer = <T extends { revision: number }>(held: Map<string, T>, id: string, one: T): void => {
      if ((held.get(id)?.revision ?? -1) < one.revision) held.set(id, one);
    };
    if (topic === "bars") newer(this.bars, (record as Bar).bar_id, record as Bar);
    else if (topic === "alerts") newer(this.alerts, (record as Alert).id, record as Alert);
    else if (topic === "signals") this.signals.set((record as Signal).id, record as Signal);
    else if (topic === "metrics") this.metrics.set(`${record.symbol} ${(record as Metrics).time}`, record as Metrics);
    else if (topic === "gaps") newer(this.gaps, (record as Gap).id, record as Gap);
    else if (!this.letters.has((record as DeadLetter).id))
      this.letters.set((record as DeadLetter).id, record as DeadLetter);
  }
}

function page<T>(
  all: readonly T[],
  place: (one: T) => ListPlace,
  { limit, before }: { limit: number; before?: string },
): Page<T> {
  const cursor = before === undefined ? null : cursorOf(before);
  const sorted = all
    .filter((one) => cursor === null || order(place(one), cursor) > 0)
    .sort((a, b) => order(place(a), place(b)));
  const items = sorted.slice(0, limit);
  const last = items.at(-1);
  return { items, next: sorted.length > limit && last !== undefined ? cursorText(place(last)) : null };
}

const order = (a: ListPlace, b: ListPlace): number => b.time_ms - a.time_ms || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

const evidence: Evidence = {
  rule: "fixed",
  rules: ["fixed"],
  provider: "synthetic",
  from: { price: 100, ts_ms: T0 },
  to: { price: 105, ts_ms: T0 + 48_000 },
  peak: { price: 105, ts_ms: T0 + 48_000 },
  window_ms: 60_000,
  limit: 0.05,
  rarity: null,
  z: null,
  crossing: [{ ts_ms: T0 + 48_000, price: 105, size: 1, side: "buy", trade_id: "9" }],
  trades_10s: 40,
  orders_10s: 22,
  side_share: 0.9,
  volume: { window_s: 60, side_volume: 300, mean: 60, factor: 5 },
  spread_bps: null,
  benchmark: { symbol: "BTCUSDT", window: "1m", ret: 0.001 },
  headlines: null,
  baseline: "learning",
  data: { complete: true, latency_ms: 4, missing: null },
  bad_prints: 0,
};

/** The alert of a move that began `n` minutes after T0. */
export function alert(n: number, sketch: Partial<Alert> = {}): Alert {
  const start_ms = T0 + n * 60_000;
  const symbol = sketch.symbol ?? "BTCUSDT";
  return {
    kind: "move",
    origin: "synthetic",
    id: `${symbol}:up:${start_ms}`,
    revision: 0,
    severity: "alert",
    state: "open",
    time: new Date(start_ms + 48_000).toISOString(),
    start_ms,
    updated_ms: start_ms + 48_000,
    symbol,
    window: "1m",
    direction: "up",
    ret: 0.05,
    threshold: 0.05,
    title: `▲ ${symbol} +5.00 %`,
    summary: `${symbol} rose 5.00 % in 48 s.`,
    summary_source: "template",
    evidence,
    ...sketch,
  };
}

export const letter = (n: number): DeadLetter => ({
  kind: "dead_letter",
  id: `bars|late|${n}`,
  where: "bars",
  reason: n % 2 === 0 ? "late" : "invalid",
  detail: "too late",
  symbol: "BTCUSDT",
  ts_ms: T0 - n,
  raw: "{}",
});
