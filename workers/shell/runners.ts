import type { GateIn, GateState } from "../../core/gate/index.ts";
import { coldMarket } from "../../core/graph/cold-start.ts";
import { gateCounts, gateGraph } from "../../core/graph/gate.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { type MarketState, marketCounts, marketGraph } from "../../core/graph/market.ts";
import { type DeadLetter, type Gap, gapId } from "../../core/messages/index.ts";
import { MARKET_PARTITIONS, partitionOf } from "../../core/partition.ts";
import type { Checkpoints } from "../../core/ports/checkpoints.ts";
import type { RuleSet } from "../../core/rules/rules.ts";
import { TOPICS } from "../../core/topics.ts";
import { gateSettings, graphSettings } from "../../server/settings/graph.ts";
import { GraphRunner, type LogJump, type RunnableGraph, type RunnerOptions } from "./graph-runner.ts";
import { marketRecord } from "./market-record.ts";
import type { Publisher } from "./outlet.ts";
import { readStored, type Stored, wholeFrom } from "./stored.ts";
import type { RoleContext } from "./thread.ts";

type Shared = Pick<RoleContext, "bus" | "clock" | "log" | "origin" | "settings"> & {
  readonly checkpoints: Checkpoints;
  readonly outlet?: Publisher;
  readonly onOutput?: (topic: string, record: object) => void;
  readonly onBatch?: (taken_ms: number) => void;
};

/** The market's graphs also need the rules, which the shell reads from their file. */
type SharedMarket = Shared & { readonly rules: RuleSet | null };

/** The whole market: one runner per partition of `tape.market`. */
export function marketRunners(shared: SharedMarket): GraphRunner<MarketState>[] {
  const { bus, clock, origin, rules, settings } = shared;
  /** Read once, and only if some partition has no checkpoint to start from. */
  let stored: Promise<Stored> | null = null;
  return Array.from({ length: MARKET_PARTITIONS }, (_, partition) => {
    const market = graphSettings(settings, partition, rules);
    return new GraphRunner<MarketState>({
      ...common(shared, TOPICS.market.name, partition),
      key: `aggregate-${partition}`,
      graph: runnable(marketGraph),
      read: marketRecord,
      settingsHash: hash(market),
      coldStart: async (info) => {
        stored ??= readStored(bus, clock.now());
        const all = await stored;
        const known = {
          bars: all.bars.filter(({ symbol }) => partitionOf(symbol) === partition),
          gaps: all.gaps.filter((gap) => concerns(gap, partition)),
        };
        return coldMarket(market, { ...known, log_whole_from_ms: await wholeFrom(bus, partition, info, known) });
      },
      jumpRecords: (jump, state) => lostInMarket(partition, jump, state, origin),
      counts: marketCounts,
    });
  });
}

/** A hole in another log, or in another partition of this one, says nothing of these bars. */
function concerns({ symbol, stream }: Gap, partition: number): boolean {
  if (stream.startsWith("bus:")) return stream === busStream(TOPICS.market.name, partition);
  return symbol === "*" || partitionOf(symbol) === partition;
}

/** The gate has one partition, so there is one of it, in the process that owns that partition. */
export function gateRunner(shared: Shared): GraphRunner<GateState> {
  const settings = gateSettings(shared.settings);
  return new GraphRunner<GateState>({
    ...common(shared, TOPICS.candidates.name, 0),
    key: "gate-0",
    graph: {
      ...runnable(gateGraph),
      // Candidates that are gone can be said by no one: that they are goes on the gap list.
      step: (state, record, emit) => {
        if ((record as { kind: string }).kind === "gap") emit(TOPICS.gaps.name, record as Gap);
        else gateGraph.step(state, record as GateIn, emit);
      },
    },
    settingsHash: hash(settings),
    coldStart: async () => gateGraph.init(settings),
    jumpRecords: (jump, state) => [lostGap(TOPICS.candidates.name, 0, jump, state.now_ms, shared.origin)],
    counts: gateCounts,
  });
}

function runnable<State, Record, Settings>(graph: Graph<State, Record, Settings>): RunnableGraph<State> {
  // What the market's edges wrote has passed `marketRecord`; what the graphs wrote is theirs.
  return { version: graph.version, step: (state, record, emit) => graph.step(state, record as Record, emit) };
}

const hash = (settings: object): string =>
  new Bun.CryptoHasher("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16);

type Common =
  | "topic"
  | "partition"
  | "bus"
  | "outlet"
  | "onOutput"
  | "onBatch"
  | "checkpoints"
  | "clock"
  | "checkpointEveryMs"
  | "checkpointOffsetMs"
  | "graphsInThread";

function common(
  { bus, checkpoints, clock, log, onBatch, onOutput, origin, outlet, settings }: Shared,
  topic: string,
  partition: number,
): Pick<RunnerOptions<never>, Common | "onProblem" | "badRecord"> {
  const every_ms = settings.CHECKPOINT_SEC * 1000;
  return {
    topic,
    partition,
    bus,
    ...(outlet !== undefined && { outlet }),
    ...(onOutput !== undefined && { onOutput }),
    ...(onBatch !== undefined && { onBatch }),
    checkpoints,
    clock,
    checkpointEveryMs: every_ms,
    checkpointOffsetMs: (every_ms * partition) / MARKET_PARTITIONS,
    graphsInThread: MARKET_PARTITIONS,
    onProblem: (text) => log.warn(text),
    badRecord: (text, position, fault): DeadLetter => ({
      kind: "dead_letter",
      origin,
      id: `aggregate|${topic}|${partition}|${position}`,
      where: "aggregate",
      reason: fault === null ? "undecodable" : "schema",
      detail: `${topic}/${partition} position ${position}: ${fault ?? "not JSON"}`.slice(0, 500),
      symbol: null,
      // Its own time cannot be read, and that of its batch depends on how the log was cut.
      ts_ms: null,
      raw: text.slice(0, 16_384),
    }),
  };
}

/**
 * Records of this partition are gone. Bars they may have belonged to must say so: from where the slowest of its symbols had
 * come to, or from the oldest gap that was still to be filled, since its fill may be among them.
 */
function lostInMarket(partition: number, jump: LogJump, state: MarketState, origin: Gap["origin"]): Gap[] {
  const { bars, adaptive } = state;
  const symbols = Object.values(bars.symbols.of);
  const reached = symbols.map((symbol) => symbol.due_ms).filter((due_ms) => due_ms >= 0);
  const due_ms = (reached.length === 0 ? adaptive.now_ms : Math.min(...reached)) - bars.settings.late_ms;
  const open = [bars.gaps, ...symbols.map((symbol) => symbol.gaps)].flat().filter((gap) => gap.status === "open");
  const from_ms = Math.min(due_ms, ...open.map((gap) => gap.from_ms));
  return [lostGap(TOPICS.market.name, partition, jump, from_ms, origin)];
}

const busStream = (topic: string, partition: number): string => `bus:${topic}/${partition}`;

function lostGap(topic: string, partition: number, jump: LogJump, from_ms: number, origin: Gap["origin"]): Gap {
  const stream = busStream(topic, partition);
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
    from_ms: from_ms > 0 ? Math.min(from_ms, jump.to_ms) : jump.to_ms,
    to_ms: jump.to_ms,
    status: "lost",
  };
}
