import { join } from "node:path";
import { coldMarket } from "../core/graph/cold-start.ts";
import { type MarketState, marketCounts, marketGraph } from "../core/graph/market.ts";
import type { DeadLetter, Gap, MarketRecord, PartStatus } from "../core/messages/index.ts";
import { gapId } from "../core/messages/index.ts";
import { MARKET_PARTITIONS, partitionOf } from "../core/partition.ts";
import { TOPICS } from "../core/topics.ts";
import { openFileCheckpoints } from "../server/checkpoints/files.ts";
import { graphSettings } from "../server/settings/graph.ts";
import { GraphRunner, type LogJump, type RunnerOptions } from "./shell/graph-runner.ts";
import { readStored, type Stored, wholeFrom } from "./shell/stored.ts";
import { type RoleContext, runThread } from "./shell/thread.ts";

const STATUS_EVERY_MS = 1_000;
/** Below this many unread records the graph counts as following live. */
const LAG_LIVE_MAX = 5_000;

/** Runs the graph: sixteen partitions of `tape.market`, each with a checkpoint of its own, all in this thread. */
export async function aggregate(context: RoleContext): Promise<void> {
  const { bus, clock, dir, log, origin, settings } = context;
  const market = graphSettings(settings);
  const settingsHash = new Bun.CryptoHasher("sha256").update(JSON.stringify(market)).digest("hex").slice(0, 16);
  const checkpoints = await openFileCheckpoints(join(dir, "checkpoints"));
  /** Read once, and only if some partition has no checkpoint to start from. */
  let stored: Promise<Stored> | null = null;
  const onProblem = (text: string): void => log.warn(text);

  const partitions = Array.from({ length: MARKET_PARTITIONS }, (_, partition) => {
    const options: RunnerOptions<MarketState> = {
      key: `aggregate-${partition}`,
      topic: TOPICS.market.name,
      partition,
      bus,
      checkpoints,
      clock,
      graph: {
        version: marketGraph.version,
        step: (state, record, emit) => marketGraph.step(state, record as MarketRecord, emit as never),
      },
      settingsHash,
      checkpointEveryMs: settings.CHECKPOINT_SEC * 1000,
      checkpointOffsetMs: (settings.CHECKPOINT_SEC * 1000 * partition) / MARKET_PARTITIONS,
      coldStart: async (info) => {
        stored ??= readStored(bus, clock.now());
        const all = await stored;
        const mine = ({ symbol }: { readonly symbol: string }): boolean =>
          symbol === "*" || partitionOf(symbol) === partition;
        const known = { bars: all.bars.filter(mine), gaps: all.gaps.filter(mine) };
        return coldMarket(market, { ...known, log_whole_from_ms: await wholeFrom(bus, partition, info, known) });
      },
      jumpRecord: (jump) => lostGap(partition, jump, origin),
      counts: marketCounts,
      onProblem,
      onBadRecord: (text, position) => {
        const letter: DeadLetter = {
          kind: "dead_letter",
          origin,
          id: `aggregate|${TOPICS.market.name}|${partition}|${position}`,
          where: "aggregate",
          reason: "undecodable",
          detail: `${TOPICS.market.name}/${partition} position ${position} is not JSON`,
          symbol: null,
          ts_ms: clock.now(),
          raw: text.slice(0, 16_384),
        };
        void bus.publish(TOPICS.deadLetter.name, 0, [JSON.stringify(letter)]);
      },
    };
    return new GraphRunner(options);
  });

  // One partition that fails takes the role down: the supervisor starts it again, all from their checkpoints.
  const fall = new AbortController();
  const stop = AbortSignal.any([context.signal, fall.signal]);
  const reporting = report(context, partitions, stop);
  context.ready();
  try {
    await Promise.all(partitions.map((runner) => runner.run(stop)));
  } finally {
    fall.abort();
    await reporting;
    await checkpoints.close();
  }
}

/** Records of this partition are gone: bars they may have belonged to must say so. */
function lostGap(partition: number, jump: LogJump, origin: Gap["origin"]): Gap {
  const stream = `bus:${TOPICS.market.name}/${partition}`;
  return {
    kind: "gap",
    ...(origin !== undefined && { origin }),
    id: gapId("bus", "*", stream, jump.from),
    revision: 0,
    provider: "bus",
    symbol: "*",
    stream,
    from_seq: jump.from,
    to_seq: jump.to - 1,
    from_ms: Math.min(jump.from_ms, jump.to_ms),
    to_ms: jump.to_ms,
    status: "lost",
  };
}

/** Once a second: how far the graph is behind and what it refused. */
async function report(
  { bus, clock, origin, signal }: RoleContext,
  runners: readonly GraphRunner<MarketState>[],
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const lags = await Promise.all(
      runners.map((one, p) => bus.lag(TOPICS.market.name, p, one.position).catch(() => 0)),
    );
    const lag = lags.reduce((a, b) => a + b, 0);
    const isBehind = lag > LAG_LIVE_MAX || runners.some((one) => !one.caughtUp);
    const newest = Math.max(0, ...runners.map((one) => one.newest_ts_ms ?? 0));
    const counters: Record<string, number> = {};
    for (const runner of runners) {
      for (const [name, n] of Object.entries(runner.counts())) counters[name] = (counters[name] ?? 0) + n;
    }
    const status: PartStatus = {
      kind: "part_status",
      origin,
      part: "aggregate",
      ts_ms: clock.now(),
      state: isBehind ? "catching_up" : "live",
      text: isBehind ? `Catching up: ${lag} records to read` : "Follows the market log",
      lag,
      newest_ts_ms: newest === 0 ? null : newest,
      counters,
    };
    if (!stop.aborted) await bus.publish(TOPICS.status.name, 0, [JSON.stringify(status)]).catch(() => undefined);
    await clock.sleep(STATUS_EVERY_MS, signal);
  }
}

if (!Bun.isMainThread) runThread("aggregate", aggregate);
