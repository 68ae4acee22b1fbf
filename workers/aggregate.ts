import { join } from "node:path";
import type { MarketState } from "../core/graph/market.ts";
import type { PartStatus } from "../core/messages/index.ts";
import { TOPICS } from "../core/topics.ts";
import { openFileCheckpoints } from "../server/checkpoints/files.ts";
import { systemAlertsSettings } from "../server/settings/graph.ts";
import { rulesOf } from "../server/settings/rules-file.ts";
import { GraphMeter } from "./shell/graph-figures.ts";
import type { GraphRunner } from "./shell/graph-runner.ts";
import { GraphWatch } from "./shell/graph-watch.ts";
import { PatientOutlet } from "./shell/outlet.ts";
import { gateRunner, marketRunners } from "./shell/runners.ts";
import { watchSystem } from "./shell/system-watch.ts";
import { type RoleContext, runThread } from "./shell/thread.ts";

const STATUS_EVERY_MS = 1_000;
/** Below this many unread records the graph counts as following live. */
const LAG_LIVE_MAX = 5_000;

/** Runs the graphs: sixteen partitions of `tape.market` and the gate, each with a checkpoint, all in this thread. */
export async function aggregate(context: RoleContext): Promise<void> {
  const checkpoints = await openFileCheckpoints(join(context.dir, "checkpoints"));
  // One partition that fails takes the role down: the supervisor starts it again, all from their checkpoints.
  const fall = new AbortController();
  const stop = AbortSignal.any([context.signal, fall.signal]);
  const outlet = new PatientOutlet(context.bus, { ...context, random: Math.random, signal: stop });
  const rules = rulesOf(context.settings.streaming, process.cwd());
  const watch = new GraphWatch(context.log, context.settings);
  const meter = new GraphMeter();
  const onBatch = (taken_ms: number): void => meter.processed(taken_ms, context.clock.now());
  const onOutput = (topic: string, record: object): void => watch.output(topic, record);
  const partitions = marketRunners({ ...context, checkpoints, outlet, onOutput, onBatch, rules });
  const gate = gateRunner({ ...context, checkpoints, outlet, onOutput });
  const reporting = report(context, partitions, outlet, watch, meter, stop);
  context.ready();
  try {
    const watching = watchSystem({
      ...context,
      settings: systemAlertsSettings(context.settings),
      signal: stop,
      onProblem: (text) => context.log.warn(text),
    });
    await Promise.all([...[...partitions, gate].map((runner) => runner.run(stop)), watching]);
  } finally {
    fall.abort();
    await reporting;
    await checkpoints.close();
  }
}

/** Once a second: how far the graph is behind and what it refused. */
async function report(
  { bus, clock, origin, signal }: RoleContext,
  runners: readonly GraphRunner<MarketState>[],
  outlet: PatientOutlet,
  watch: GraphWatch,
  meter: GraphMeter,
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
    if (!isBehind) {
      watch.counted(counters);
      for (const { current } of runners)
        if (current !== null && current.rolling !== null) meter.sample(current.rolling);
    }
    const trouble = outlet.trouble();
    const text = isBehind ? `Catching up: ${lag} records to read` : "Follows the market log";
    const status: PartStatus = {
      kind: "part_status",
      origin,
      part: "aggregate",
      ts_ms: clock.now(),
      state: trouble !== null ? "offline" : isBehind ? "catching_up" : "live",
      text: (trouble === null ? text : `What it found is not written yet: ${trouble.text}`).slice(0, 500),
      lag,
      newest_ts_ms: newest === 0 ? null : newest,
      counters,
      graph: meter.figures,
    };
    if (!stop.aborted) await bus.publish(TOPICS.status.name, 0, [JSON.stringify(status)]).catch(() => undefined);
    await clock.sleep(STATUS_EVERY_MS, signal);
  }
}

if (!Bun.isMainThread) runThread("aggregate", aggregate);
