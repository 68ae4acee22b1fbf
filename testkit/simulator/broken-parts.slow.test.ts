import { describe, expect, test } from "bun:test";
import type { Bus } from "../../core/ports/bus.ts";
import type { Checkpoint, Checkpoints } from "../../core/ports/checkpoints.ts";
import type { Source, WriteResult } from "../../core/ports/store.ts";
import { TOPICS } from "../../core/topics.ts";
import { type FaultPlan, NO_FAULTS } from "./faults.ts";
import type { InvariantName } from "./invariants.ts";
import type { Parts } from "./simulation.ts";
import type { WriterStore } from "./store.ts";
import { judgeSeed } from "./verdict.ts";

const CRASHES: FaultPlan = { ...NO_FAULTS, crashes: 14, slow: 0.05, slow_ms: 600 };
const SECONDS = 100;
const SEEDS = [21, 22, 23];
const TIMEOUT_MS = 120_000;

/** Runs until one of the seeds shows it; what was found before is not enough. */
async function finds(parts: Parts, faults: FaultPlan, expected: readonly InvariantName[]): Promise<void> {
  const found = new Set<InvariantName>();
  for (const seed of SEEDS) {
    const { violations } = await judgeSeed({ seed, seconds: SECONDS, faults, parts });
    for (const { invariant } of violations) found.add(invariant);
    if (expected.every((invariant) => found.has(invariant))) return;
  }
  expect([...found]).toEqual(expect.arrayContaining([...expected]));
}

const onlyFor =
  (role: string, change: (bus: Bus) => Bus) =>
  (bus: Bus, of: string): Bus =>
    of.startsWith(role) ? change(bus) : bus;

/** The same bus with another way to publish. */
const publishing = (bus: Bus, publish: Bus["publish"]): Bus => ({
  engine: bus.engine,
  ensureTopics: (topics) => bus.ensureTopics(topics),
  publish,
  follow: (...args) => bus.follow(...args),
  work: (...args) => bus.work(...args),
  info: (...args) => bus.info(...args),
  positionAt: (...args) => bus.positionAt(...args),
  lag: (...args) => bus.lag(...args),
  tail: (...args) => bus.tail(...args),
  close: () => bus.close(),
});

const ACK = { log_id: "", first: 0, count: 0 };

describe("the simulator finds what is broken", () => {
  test(
    "with the right parts the same faults break nothing",
    async () => {
      for (const seed of SEEDS) {
        expect((await judgeSeed({ seed, seconds: SECONDS, faults: CRASHES })).report).toBe("");
      }
    },
    TIMEOUT_MS,
  );

  test(
    "a checkpoint saved before the outputs are durable",
    async () => {
      const early = onlyFor("aggregate", (bus) =>
        publishing(bus, async (topic, partition, values) => {
          void bus.publish(topic, partition, values);
          return ACK;
        }),
      );
      // Long enough on the way that a crash finds something there.
      const slow = { ...CRASHES, crashes: 60, slow: 0.4, slow_ms: 3_000 };
      await finds({ bus: early }, slow, ["6 checkpoint + replay = uninterrupted", "5 bars equal the oracle"]);
    },
    TIMEOUT_MS,
  );

  test(
    "a dedupe that forgets what it knew when it starts again",
    async () => {
      const forget = (checkpoint: Checkpoint): Checkpoint => {
        const state = checkpoint.state as { dedupe?: { symbols: unknown } };
        if (state.dedupe === undefined) return checkpoint;
        const dedupe = { ...state.dedupe, symbols: { of: {}, count: 0, evicted: 0 } };
        return { ...checkpoint, state: { ...state, dedupe } };
      };
      const checkpoints = (inner: Checkpoints): Checkpoints => ({
        ...inner,
        load: async (key) => {
          const { found, problems } = await inner.load(key);
          return { found: found.map(forget), problems };
        },
      });
      await finds({ checkpoints }, CRASHES, ["4 in = out + accounted", "6 checkpoint + replay = uninterrupted"]);
    },
    TIMEOUT_MS,
  );

  test(
    "a store writer that moves its position apart from its rows",
    async () => {
      type Write<Row> = (source: Source | null, rows: readonly Row[]) => Promise<WriteResult>;
      const apart =
        <Row>(write: Write<Row>): Write<Row> =>
        async (source, rows) => {
          await write(source, []);
          return write(null, rows);
        };
      const store = (inner: WriterStore): WriterStore => ({
        writeBars: apart(inner.writeBars),
        writeAlerts: apart(inner.writeAlerts),
        writeSignals: apart(inner.writeSignals),
        writeAnomalies: apart(inner.writeAnomalies),
        writePrices: apart(inner.writePrices),
        writeMetrics: apart(inner.writeMetrics),
        writeGaps: apart(inner.writeGaps),
        writeDeadLetters: apart(inner.writeDeadLetters),
        readOffsets: inner.readOffsets,
      });
      await finds({ store }, { ...CRASHES, crashes: 40 }, ["8 effect once in the store"]);
    },
    TIMEOUT_MS,
  );

  test(
    "an ingest that passes over a refusal",
    async () => {
      const deaf = onlyFor("ingest", (bus) =>
        publishing(bus, (topic, partition, values) => bus.publish(topic, partition, values).catch(() => ACK)),
      );
      await finds({ bus: deaf }, { ...CRASHES, refused: 0.01 }, ["2 no acked record lost"]);
    },
    TIMEOUT_MS,
  );

  test(
    "an ingest whose batches overtake each other",
    async () => {
      const swapping = onlyFor("ingest", (bus) => {
        let held: (() => Promise<unknown>) | null = null;
        return publishing(bus, async (topic, partition, values) => {
          const before = held;
          held = null;
          if (before === null && topic === TOPICS.market.name && partition === 12) {
            held = () => bus.publish(topic, partition, values);
            return ACK;
          }
          const ack = await bus.publish(topic, partition, values);
          await before?.();
          return ack;
        });
      });
      await finds({ bus: swapping }, NO_FAULTS, ["3 order per partition"]);
    },
    TIMEOUT_MS,
  );

  test(
    "a statement whose content depends on when it is made",
    async () => {
      let said = 0;
      const stamping = onlyFor("aggregate", (bus) =>
        publishing(bus, (topic, partition, values) =>
          bus.publish(
            topic,
            partition,
            values.map((value) =>
              value.replace(/"bin_count":(\d+)/, (_, bins) => `"bin_count":${Number(bins) + said++}`),
            ),
          ),
        ),
      );
      await finds({ bus: stamping }, CRASHES, ["7 one content per (id, revision)", "5 bars equal the oracle"]);
    },
    TIMEOUT_MS,
  );

  test(
    "a reader that stops reading",
    async () => {
      const deaf = onlyFor("persist", (bus) => ({
        ...publishing(bus, (...args) => bus.publish(...args)),
        async *follow(...args: Parameters<Bus["follow"]>) {
          let read = 0;
          for await (const batch of bus.follow(...args)) if (read++ < 5) yield batch;
        },
      }));
      await finds({ bus: deaf }, NO_FAULTS, ["1 comes to rest"]);
    },
    TIMEOUT_MS,
  );

  test(
    "a role that fails of itself",
    async () => {
      let saves = 0;
      const checkpoints = (inner: Checkpoints): Checkpoints => ({
        ...inner,
        save: (key, checkpoint) => {
          if (saves++ === 20) throw new TypeError("a state that cannot be saved");
          return inner.save(key, checkpoint);
        },
      });
      await finds({ checkpoints }, NO_FAULTS, ["1 comes to rest"]);
    },
    TIMEOUT_MS,
  );

  test(
    "a gate whose last word is lost",
    async () => {
      const mute = onlyFor("aggregate", (bus) =>
        publishing(bus, (topic, partition, values) => {
          const isLast = (value: string): boolean => topic === TOPICS.alerts.name && value.includes('"state":"over"');
          return bus.publish(
            topic,
            partition,
            values.filter((value) => !isLast(value)),
          );
        }),
      );
      await finds({ bus: mute }, CRASHES, ["9 every excursion's final state"]);
    },
    TIMEOUT_MS,
  );

  test(
    "a graph that does not say what a hole took",
    async () => {
      const holes = Array.from({ length: 40 }, (_, n) => ({ at: n / 40, topic: "market" as const }));
      const blind = onlyFor("aggregate", (bus) =>
        publishing(bus, (topic, partition, values) =>
          bus.publish(
            topic,
            partition,
            values.map((value) => value.replace('"partial":true', '"partial":false')),
          ),
        ),
      );
      await finds({ bus: blind }, { ...CRASHES, crashes: 40, holes }, ["10 what is missing says so"]);
    },
    TIMEOUT_MS,
  );
});
