import { TapebellError } from "../../../../core/errors.ts";
import type { Ack, Bus } from "../../../../core/ports/bus.ts";
import { TOPICS } from "../../../../core/topics.ts";
import { createMemoryTape } from "../../../../server/bus/memory/memory-bus.ts";
import { systemClock } from "../../../../server/clock.ts";

/** How a bus behaves just now. */
export interface Mood {
  /** Refused as by a server that is not there. */
  away: boolean;
  /** Taken, and the answer lost. */
  forgetful: boolean;
  /** Answers come after this. */
  slow_ms: number;
}

/** Another process's bus, as far as its client can tell: away, slow or forgetful on demand. */
export async function moodyBus(): Promise<{ bus: Bus; mood: Mood; values(partition?: number): Promise<string[]> }> {
  const inner = createMemoryTape(systemClock).bus();
  await inner.ensureTopics(Object.values(TOPICS));
  const mood: Mood = { away: false, forgetful: false, slow_ms: 0 };
  const gone = (): TapebellError => new TapebellError("outside", "bus_away", "the bus does not answer");
  const bus = {
    engine: "moody",
    async publish(topic: string, partition: number, values: readonly string[]): Promise<Ack> {
      if (mood.slow_ms > 0) await Bun.sleep(mood.slow_ms);
      if (mood.away) throw gone();
      const ack = await inner.publish(topic, partition, values);
      if (mood.forgetful) throw gone();
      return ack;
    },
    async tail(topic: string, limit: number) {
      if (mood.away) throw gone();
      return inner.tail(topic, limit);
    },
    info: (topic: string, partition: number) => inner.info(topic, partition),
    lag: (topic: string, partition: number, reader: number) => inner.lag(topic, partition, reader),
    follow: (...given: Parameters<Bus["follow"]>) => inner.follow(...given),
    close: () => inner.close(),
  } as unknown as Bus;
  return {
    bus,
    mood,
    async values(partition = 0) {
      const { start, end } = await inner.info(TOPICS.market.name, partition);
      const all: string[] = [];
      if (start === end) return all;
      for await (const batch of inner.follow(TOPICS.market.name, partition, start)) {
        all.push(...batch.values);
        if (batch.next >= end) break;
      }
      return all;
    },
  };
}
