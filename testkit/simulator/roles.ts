import { MARKET_PARTITIONS } from "../../core/partition.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { Checkpoints } from "../../core/ports/checkpoints.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Settings } from "../../core/settings/index.ts";
import { parseSettings } from "../../core/settings/parse.ts";
import { TOPICS } from "../../core/topics.ts";
import { createLog } from "../../server/log.ts";
import { rulesOf } from "../../server/settings/rules-file.ts";
import { MarketSink } from "../../workers/shell/market-sink.ts";
import { gateRunner, marketRunners } from "../../workers/shell/runners.ts";
import { storeWriters } from "../../workers/shell/writers.ts";
import type { Delivery, Schedule } from "./market.ts";
import type { Random } from "./random.ts";
import type { WriterStore } from "./store.ts";
import { ORIGIN } from "./venues.ts";

export function settingsOf(values: Readonly<Record<string, string>>): Settings {
  const given = Object.entries(values).map(([name, text]) => ({ name, text, from: "the simulator" }));
  const { settings, problems } = parseSettings(given);
  if (settings === null) throw new Error(problems.map((problem) => problem.text).join("; "));
  return settings;
}

/** The rules that ship. */
export const RULES = rulesOf(settingsOf({}).streaming, ".");

/** What a role of a run may use; each life gets its own. */
export interface RoleWorld {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly settings: Settings;
  readonly random: Random;
}

const quietLog = createLog({ LOG_LEVEL: "fatal", LOG_FORMAT: "json" }, "simulator");

/** Where the venue's side stands: it survives a crash of the ingest, as a venue does. */
export class Venue {
  /** Everything before it has been acknowledged as durable. */
  acked = 0;
  constructor(readonly schedule: Schedule) {}
  get isDone(): boolean {
    return this.acked === this.schedule.deliveries.length;
  }
}

const BATCH_MAX = 40;
/** A venue asked again answers from somewhat earlier: it does not know what we hold. */
const RESENT_MAX = 60;

/** Carries the venue's deliveries into the log; a new life begins at what the last one knew to be durable, or before. */
export async function ingest({ bus, clock, signal, random }: RoleWorld, venue: Venue): Promise<void> {
  const { deliveries } = venue.schedule;
  const sink = new MarketSink(bus, clock, ORIGIN);
  let next = Math.max(0, venue.acked - random.below(RESENT_MAX));
  while (next < deliveries.length && !signal.aborted) {
    const wait_ms = deliveries[next]!.at_ms - clock.now();
    if (wait_ms > 0) {
      await sink.drain();
      venue.acked = Math.max(venue.acked, next);
      await clock.sleep(wait_ms, signal);
    }
    const batch: Delivery[] = [];
    const most = random.between(1, BATCH_MAX);
    while (batch.length < most && (deliveries[next]?.at_ms ?? Number.POSITIVE_INFINITY) <= clock.now()) {
      batch.push(deliveries[next++]!);
    }
    await send(sink, bus, batch);
  }
  await sink.drain();
  venue.acked = Math.max(venue.acked, next);
}

async function send(sink: MarketSink, bus: Bus, batch: readonly Delivery[]): Promise<void> {
  let records: Extract<Delivery, { record: unknown }>[] = [];
  for (const one of batch) {
    if ("record" in one) {
      records.push(one);
      continue;
    }
    await sink.emit(records.map(({ record }) => record));
    records = [];
    await bus.publish(TOPICS.market.name, one.partition, [one.garbage]);
  }
  await sink.emit(records.map(({ record }) => record));
}

/** How far a reader has come, for whoever waits until all is quiet. */
export interface Reader {
  readonly topic: string;
  readonly partition: number;
  readonly position: number;
}

/** Some partitions of the market, and the gate where it belongs to them. */
export async function aggregate(
  world: RoleWorld & { readonly checkpoints: Checkpoints },
  mine: { readonly partitions: readonly number[]; readonly gate: boolean },
  readers: (all: readonly Reader[]) => void,
): Promise<void> {
  const shared = { ...world, origin: ORIGIN, log: quietLog } as const;
  const markets = marketRunners({ ...shared, rules: RULES }).filter((_, partition) =>
    mine.partitions.includes(partition),
  );
  const gate = mine.gate ? [gateRunner(shared)] : [];
  readers([
    ...markets.map((runner, at) => reader(TOPICS.market.name, mine.partitions[at]!, runner)),
    ...gate.map((runner) => reader(TOPICS.candidates.name, 0, runner)),
  ]);
  await Promise.all([...markets, ...gate].map((runner) => runner.run(world.signal)));
}

const reader = (topic: string, partition: number, of: { readonly position: number }): Reader => ({
  topic,
  partition,
  get position() {
    return of.position;
  },
});

export async function persist(
  world: RoleWorld & { readonly store: WriterStore },
  readers: (all: readonly Reader[]) => void,
): Promise<void> {
  const { all } = storeWriters({ ...world, jitter: () => 0.5, origin: ORIGIN, log: quietLog });
  readers(all.map((writer) => reader(writer.topic, 0, writer)));
  await Promise.all(all.map((writer) => writer.run(world.signal)));
}

/** Shares the partitions out over so many processes; the gate lives with partition 0. */
export function shares(processes: number): { partitions: number[]; gate: boolean }[] {
  return Array.from({ length: processes }, (_, n) => ({
    partitions: Array.from({ length: MARKET_PARTITIONS }, (_, p) => p).filter((p) => p % processes === n),
    gate: n === 0,
  }));
}
