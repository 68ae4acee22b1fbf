import { expect } from "bun:test";
import type { Batch } from "../../../core/ports/bus.ts";
import type { Case, Shared } from "./contract-case.ts";
import { refused } from "./contract-case.ts";
import { Member, read, spec, texts, valuesOf } from "./read.ts";
import { until } from "./until.ts";

/** Reading in order: where it begins, what a batch holds, how it ends. */
export function followCases(it: Case, shared: Shared): void {
  it("follows from a position, from earliest and from latest", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 10));
    const [middle] = await read(shared.bus, "t", 0, 4, 6);
    expect([middle?.first, middle?.next]).toEqual([4, 10]);
    expect(middle?.values).toEqual(texts(4, 10));
    expect(valuesOf(await read(shared.bus, "t", 0, "earliest", 10))).toEqual(texts(0, 10));
    const stop = new AbortController();
    const latest = shared.bus.follow("t", 0, "latest", { signal: stop.signal });
    await shared.bus.publish("t", 0, texts(10, 12));
    for await (const batch of latest) {
      expect([batch.first, batch.values]).toEqual([10, texts(10, 12)]);
      stop.abort();
    }
  });

  it("a batch says where it stands and when the bus took it", async () => {
    await shared.bus.ensureTopics([spec("t", { partitions: 3 })]);
    const before = Date.now();
    const ack = await shared.bus.publish("t", 2, texts(0, 5));
    const [batch] = await read(shared.bus, "t", 2, 0, 5);
    expect(batch).toMatchObject({ log_id: ack.log_id, topic: "t", partition: 2, first: 0, next: 5 });
    expect(batch?.time_ms).toBeGreaterThanOrEqual(Math.floor(before));
    expect(batch?.time_ms).toBeLessThanOrEqual(Date.now());
  });

  it("batches hold at most maxRecords, without a hole between them", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 100));
    await shared.bus.publish("t", 0, texts(100, 103));
    const batches = await read(shared.bus, "t", 0, 1, 102, { maxRecords: 7 });
    let next = 1;
    for (const batch of batches) {
      expect(batch.values.length).toBeLessThanOrEqual(7);
      expect([batch.first, batch.next]).toEqual([next, next + batch.values.length]);
      next = batch.next;
    }
    expect(valuesOf(batches)).toEqual(texts(1, 103));
  });

  it("several followers each see everything, live", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const second = await shared.world.open();
    await second.ensureTopics([spec("t")]);
    const readers = [
      read(shared.bus, "t", 0, 0, 500),
      read(shared.bus, "t", 0, "earliest", 500),
      read(second, "t", 0, 0, 500),
    ];
    for (let i = 0; i < 500; i += 25) await shared.bus.publish("t", 0, texts(i, i + 25));
    for (const reader of readers) expect(valuesOf(await reader)).toEqual(texts(0, 500));
  });

  it("a follower ends by its signal, also while it waits", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const stop = new AbortController();
    const batches: Batch[] = [];
    const done = (async () => {
      for await (const batch of shared.bus.follow("t", 0, 0, { signal: stop.signal })) batches.push(batch);
    })();
    await shared.bus.publish("t", 0, texts(0, 1));
    await until("the first batch", () => batches.length === 1);
    stop.abort();
    await done;
    const before = new AbortController();
    before.abort();
    for await (const _ of shared.bus.follow("t", 0, 0, { signal: before.signal }))
      throw new Error("read after the signal");
  });

  it("followers and members end when the bus is closed; later calls are refused", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const follower = (async () => {
      for await (const _ of shared.bus.follow("t", 0, 0));
    })();
    const member = new Member(shared.bus, "t", "g", (item) => item.ack());
    await shared.bus.publish("t", 0, texts(0, 3));
    await until("the work", () => member.got.length === 3);
    await shared.bus.close();
    await follower;
    await member.done;
    expect((await refused(shared.bus.publish("t", 0, texts(0, 1)))).code).toBe("bus_closed");
    expect((await refused(Promise.resolve().then(() => shared.bus.info("t", 0)))).code).toBe("bus_closed");
  });

  it("a slow follower holds no more than a few batches", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const stop = new AbortController();
    const reader = shared.bus.follow("t", 0, 0, { signal: stop.signal, maxRecords: 10 })[Symbol.asyncIterator]();
    await shared.bus.publish("t", 0, texts(0, 10));
    await reader.next();
    // Pulled, not pushed: what is written while it does not ask is there when it asks, in order.
    for (let i = 10; i < 20_000; i += 1_000) await shared.bus.publish("t", 0, texts(i, Math.min(20_000, i + 1_000)));
    const got: string[] = [];
    while (got.length < 19_990) {
      const { value, done } = await reader.next();
      if (done) break;
      got.push(...value.values);
    }
    stop.abort();
    expect(got).toEqual(texts(10, 20_000));
  });

  it("refuses a follower beyond the end", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 3));
    expect((await refused(read(shared.bus, "t", 0, 4, 1))).code).toBe("position_ahead");
  });
}
