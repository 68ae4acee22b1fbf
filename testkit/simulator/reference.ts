import type { GateIn, GateState } from "../../core/gate/index.ts";
import { gateGraph } from "../../core/graph/gate.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { marketGraph } from "../../core/graph/market.ts";
import type { MarketRecord } from "../../core/messages/index.ts";
import { MARKET_PARTITIONS } from "../../core/partition.ts";
import { TOPICS } from "../../core/topics.ts";
import { gateSettings, graphSettings } from "../../server/settings/graph.ts";
import { marketRecord } from "../../workers/shell/market-record.ts";
import { hashOf } from "./checkpoints.ts";
import { RULES } from "./roles.ts";
import type { Finished } from "./simulation.ts";

const DURABLE = new Set<string>(
  Object.values(TOPICS)
    .filter((topic) => topic.durable)
    .map((topic) => topic.name),
);

/** What a graph says of a log when nothing ever interrupts it. */
export interface Straight {
  /** Statements by topic, in order. */
  readonly said: ReadonlyMap<string, readonly string[]>;
  /** Hash of the state with which each position asked for is reached. */
  readonly states: ReadonlyMap<number, string>;
}

/** A text of the log as JSON, or undefined where it is none. */
export function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/** A record of the market log, or undefined where the text is none. */
export function recordOf(text: string): MarketRecord | undefined {
  const record = marketRecord(parsed<unknown>(text));
  return typeof record === "string" ? undefined : record;
}

function straight<State, Record, Settings>(
  graph: Graph<State, Record, Settings>,
  settings: Settings,
  values: readonly string[],
  wanted: ReadonlySet<number>,
  read: (text: string) => Record | undefined,
): Straight {
  const said = new Map<string, string[]>();
  const states = new Map<number, string>();
  const state = graph.init(settings);
  const emit = (topic: string, record: object): void => {
    if (!DURABLE.has(topic)) return;
    const text = JSON.stringify(record);
    const texts = said.get(topic);
    if (texts === undefined) said.set(topic, [text]);
    else texts.push(text);
  };
  for (let position = 0; position <= values.length; position++) {
    if (wanted.has(position)) states.set(position, hashOf(JSON.stringify(state)));
    const record = position < values.length ? read(values[position]!) : undefined;
    if (record !== undefined) graph.step(state, record, emit);
  }
  return { said, states };
}

export interface References {
  readonly markets: readonly Straight[];
  readonly gate: Straight;
}

export async function references(run: Finished): Promise<References> {
  const { checkpoints, settings, tape } = run;
  const wanted = (key: string): Set<number> =>
    new Set(checkpoints.history.filter((saved) => saved.key === key).map((saved) => saved.position));
  const values = async (topic: string, partition: number): Promise<string[]> =>
    (await tape.all(topic, partition)).map(({ value }) => value);
  const markets: Straight[] = [];
  for (let partition = 0; partition < MARKET_PARTITIONS; partition++) {
    const market = graphSettings(settings, partition, RULES);
    const log = await values(TOPICS.market.name, partition);
    markets.push(
      straight<ReturnType<typeof marketGraph.init>, MarketRecord, typeof market>(
        marketGraph,
        market,
        log,
        wanted(`aggregate-${partition}`),
        recordOf,
      ),
    );
  }
  const candidates = await values(TOPICS.candidates.name, 0);
  const gate = straight<GateState, GateIn, ReturnType<typeof gateSettings>>(
    gateGraph,
    gateSettings(settings),
    candidates,
    wanted("gate-0"),
    parsed<GateIn>,
  );
  return { markets, gate };
}
