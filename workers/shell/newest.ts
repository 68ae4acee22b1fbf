import { TOPICS } from "../../core/topics.ts";

const TRANSIENT = new Set<string>(Object.values(TOPICS).flatMap((topic) => (topic.durable ? [] : [topic.name])));

/** Of what goes there only the newest counts. */
export const isTransient = (topic: string): boolean => TRANSIENT.has(topic);

type Say = (topic: string, record: object) => void;

/**
 * What waits for the end of a batch, of which only the newest counts: a symbol's row, of bars that form one of each
 * length, what a part says of itself. So a reader that is behind says as little as one that follows record by record.
 */
export class Newest {
  private readonly of = new Map<string, readonly [topic: string, record: object]>();

  put(topic: string, record: object): void {
    const { symbol = "", interval = "", part = "" } = record as Record<string, unknown>;
    this.of.set(`${topic}|${symbol}|${interval}|${part}`, [topic, record]);
  }

  take(say: Say): void {
    for (const [topic, record] of this.of.values()) say(topic, record);
    this.of.clear();
  }
}
