import { TOPICS } from "../../../core/topics.ts";
import {
  type Case,
  type Fields,
  GATE_OUTPUTS,
  isShells,
  MARKET_OUTPUTS,
  partitionSaying,
  type Statement,
} from "../evidence.ts";
import type { Straight } from "../reference.ts";

const brief = (text: string): string => text.slice(0, 200);

/** Each state ever saved, and each statement ever made, is what a run that nothing interrupted has at that place. */
export function* replayExact(all: Case): Iterable<string> {
  const { run, references, holed, cold } = all;
  for (const { key, position, state } of run.checkpoints.history) {
    const partition = key === "gate-0" ? null : Number(key.slice("aggregate-".length));
    if (partition !== null && (holed.has(partition) || cold.has(partition))) continue;
    const straight = partition === null ? references.gate : references.markets[partition]!;
    if (straight.states.get(position) !== state) yield `${key}: the state saved at ${position} is another`;
  }
  for (const topic of MARKET_OUTPUTS) yield* sameStatements(all, topic, references.markets);
  for (const topic of GATE_OUTPUTS) yield* sameStatements(all, topic, [references.gate]);
}

/**
 * Bars and gaps of a partition that began anew may carry other revisions, and history may come too late for minutes that
 * are folded from the stored ones already; all else must not differ.
 */
const revisesAnew = (topic: string, { id, origin }: Fields): boolean =>
  topic === TOPICS.bars.name ||
  topic === TOPICS.gaps.name ||
  (topic === TOPICS.deadLetter.name && origin === "venue" && String(id).startsWith("bars|too_old|"));

function* sameStatements(all: Case, topic: string, straights: readonly Straight[]): Iterable<string> {
  const isGates = GATE_OUTPUTS.includes(topic);
  const isExempt = (record: Fields): boolean => {
    if (isShells(record)) return true;
    if (isGates) return false;
    const partition = partitionSaying(record);
    if (partition === null) return all.holed.size > 0 || all.cold.size > 0;
    return all.holed.has(partition) || (all.cold.has(partition) && revisesAnew(topic, record));
  };
  const said = (all.outputs.get(topic) ?? []).filter(({ record }) => !isExempt(record));
  const texts = new Set(said.map(({ text }) => text));
  const right = new Set<string>();
  for (const straight of straights) {
    const list = (straight.said.get(topic) ?? []).filter((text) => !isExempt(JSON.parse(text) as Fields));
    for (const text of list) {
      right.add(text);
      if (!texts.has(text)) yield `${topic} lacks ${brief(text)}`;
    }
  }
  for (const text of texts) if (!right.has(text)) yield `${topic} has what no uninterrupted run says: ${brief(text)}`;
  yield* sameOrder(topic, said, straights, isGates);
}

/** Repeats aside, each partition's statements stand in the order in which they were made. */
function* sameOrder(
  topic: string,
  said: readonly Statement[],
  straights: readonly Straight[],
  isGates: boolean,
): Iterable<string> {
  const places = straights.map((straight) => {
    const place = new Map<string, number>();
    for (const text of straight.said.get(topic) ?? []) if (!place.has(text)) place.set(text, place.size);
    return place;
  });
  const newest = new Map<number, number>();
  const seen = new Set<string>();
  for (const { text, record } of said) {
    const partition = isGates ? 0 : partitionSaying(record);
    if (partition === null || seen.has(text)) continue;
    seen.add(text);
    const at = places[partition]?.get(text) ?? -1;
    if (at < (newest.get(partition) ?? -1)) yield `${topic}: overtaken was ${brief(text)}`;
    newest.set(partition, Math.max(at, newest.get(partition) ?? -1));
  }
}

/** The name under which a statement is known to readers; null: it has none. */
function nameOf({ kind, ...record }: Fields): string | null {
  const { id, revision, bar_id, event_id, symbol, time } = record;
  if (kind === "price" || kind === "metrics") return `${time} ${symbol}`;
  if (kind === "heartbeat" || kind === "benchmark" || kind === "headline") return null;
  return `${bar_id ?? event_id ?? id} ${revision ?? 0}`;
}

/** A reader that has seen (id, revision) has seen all there is to it. */
export function* saidOnce({ outputs, holed, vanished }: Case): Iterable<string> {
  for (const [topic, statements] of outputs) {
    const known = new Map<string, string>();
    for (const { text, record } of statements) {
      const name = nameOf(record);
      const partition = partitionSaying(record);
      if (name === null || (partition !== null && holed.has(partition))) continue;
      // Who begins anew counts on from what the logs still hold.
      if (vanished.has(String(record.bar_id ?? record.id))) continue;
      // A hole seen twice may have grown in between, and says so under its own name.
      if (isShells(record) && record.kind === "gap") continue;
      const before = known.get(name);
      if (before === undefined) known.set(name, text);
      else if (before !== text) yield `${topic}: ${name} says ${brief(before)} and ${brief(text)}`;
    }
  }
}
