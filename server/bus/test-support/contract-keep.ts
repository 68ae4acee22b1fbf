import { expect } from "bun:test";
import { RECORD_BYTES_MAX } from "../limits.ts";
import type { Case, Shared } from "./contract-case.ts";
import { refused } from "./contract-case.ts";
import { Member, read, spec, texts, valuesOf } from "./read.ts";
import { until } from "./until.ts";

/** Names, bounds, prefixes, times, retention. */
export function keepCases(it: Case, shared: Shared): void {
  it("names the unknown topic or partition", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const topic = await refused(shared.bus.publish("nope", 0, ["1"]));
    expect(topic.code).toBe("unknown_topic");
    expect(topic.message).toContain("nope");
    expect((await refused(shared.bus.publish("t", 1, ["1"]))).code).toBe("unknown_partition");
    expect((await refused(read(shared.bus, "nope", 0, 0, 1))).code).toBe("unknown_topic");
    expect((await refused(new Member(shared.bus, "nope", "g", () => {}).done)).code).toBe("unknown_topic");
  });

  it("refuses a record over the limit, and nothing of that call is written", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const fits = `"${"x".repeat(RECORD_BYTES_MAX - 2)}"`;
    await shared.bus.publish("t", 0, [fits]);
    const error = await refused(shared.bus.publish("t", 0, ["1", `"${"x".repeat(RECORD_BYTES_MAX - 1)}"`]));
    expect(error.code).toBe("record_too_large");
    expect(error.message).toContain(String(RECORD_BYTES_MAX + 1));
    const wide = await refused(shared.bus.publish("t", 0, [`"${"é".repeat(RECORD_BYTES_MAX / 2)}"`]));
    expect(wide.code).toBe("record_too_large");
    expect((await shared.bus.info("t", 0)).end).toBe(1);
    expect(valuesOf(await read(shared.bus, "t", 0, 0, 1))).toEqual([fits]);
  });

  it("refuses a publish over the limits", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const many = new Array<string>(100_001).fill("1");
    expect((await refused(shared.bus.publish("t", 0, many))).code).toBe("publish_too_large");
    const big = new Array<string>(40).fill(`"${"x".repeat(500_000)}"`);
    expect((await refused(shared.bus.publish("t", 0, big))).code).toBe("publish_too_large");
    expect((await shared.bus.info("t", 0)).end).toBe(0);
  });

  it("ensureTopics can be said again and does not forget", async () => {
    await shared.bus.ensureTopics([spec("t"), spec("u")]);
    await shared.bus.publish("t", 0, texts(0, 3));
    await shared.bus.ensureTopics([spec("t"), spec("v")]);
    expect((await shared.bus.info("t", 0)).end).toBe(3);
    expect((await refused(shared.bus.ensureTopics([spec("t", { partitions: 4 })]))).code).toBe("topic_changed");
    expect((await refused(shared.bus.ensureTopics([spec("../t")]))).code).toBe("bad_topic");
  });

  it("prefixes keep topics apart", async () => {
    const synthetic = await shared.world.open("synthetic.");
    await Promise.all([shared.bus.ensureTopics([spec("t")]), synthetic.ensureTopics([spec("t")])]);
    const live = await shared.bus.publish("t", 0, texts(0, 2, "live"));
    const own = await synthetic.publish("t", 0, texts(0, 3, "synthetic"));
    expect(own.log_id).not.toBe(live.log_id);
    expect(valuesOf(await read(shared.bus, "t", 0, 0, 2))).toEqual(texts(0, 2, "live"));
    const [batch] = await read(synthetic, "t", 0, 0, 3);
    expect(batch?.values).toEqual(texts(0, 3, "synthetic"));
    expect(batch?.topic).toBe("t");
  });

  it("finds the position of a time", async () => {
    await shared.bus.ensureTopics([spec("t", { partitions: 2 })]);
    await shared.bus.publish("t", 0, texts(0, 5));
    const taken = (await read(shared.bus, "t", 0, 0, 5))[0]!.time_ms;
    await until("the clock to move", () => Date.now() > taken + 2);
    const between = Date.now();
    await shared.bus.publish("t", 0, texts(5, 9));
    expect(await shared.bus.positionAt("t", 0, taken - 1_000)).toBe(0);
    expect(await shared.bus.positionAt("t", 0, taken)).toBe(0);
    expect(await shared.bus.positionAt("t", 0, between)).toBe(5);
    expect(await shared.bus.positionAt("t", 0, Date.now() + 60_000)).toBe(9);
    expect(await shared.bus.positionAt("t", 1, 0)).toBe(0);
  });

  it("knows the lag of a reader and of a group", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 10));
    expect(await shared.bus.lag("t", 0, 0)).toBe(10);
    expect(await shared.bus.lag("t", 0, 7)).toBe(3);
    expect(await shared.bus.lag("t", 0, 10)).toBe(0);
    let left = 4;
    const member = new Member(shared.bus, "t", "g", async (item) => {
      if (left-- > 0) await item.ack();
    });
    await until("all to be handed out", () => member.got.length === 10);
    expect(await shared.bus.lag("t", 0, { group: "g" })).toBe(6);
    await member.stop();
  });

  it("tails the newest records over all partitions, oldest first", async () => {
    await shared.bus.ensureTopics([spec("t", { partitions: 3 })]);
    expect(await shared.bus.tail("t", 5)).toEqual([]);
    let time = 0;
    for (let i = 0; i < 9; i++) {
      await until("the clock to move", () => Date.now() > time);
      await shared.bus.publish("t", i % 3, texts(i * 2, i * 2 + 2));
      time = Date.now();
    }
    expect(valuesOf(await shared.bus.tail("t", 5))).toEqual(texts(13, 18));
    expect(valuesOf(await shared.bus.tail("t", 1_000))).toEqual(texts(0, 18));
    const [first] = await shared.bus.tail("t", 3);
    expect([first?.partition, first?.first, first?.next]).toEqual([1, 5, 6]);
    expect(await shared.bus.tail("t", 0)).toEqual([]);
  });

  it("a topic that is not durable works for who is there", async () => {
    await shared.bus.ensureTopics([spec("t", { durable: false })]);
    const live = read(shared.bus, "t", 0, "earliest", 20);
    await shared.bus.publish("t", 0, texts(0, 20));
    expect(valuesOf(await live)).toEqual(texts(0, 20));
    expect(valuesOf(await shared.bus.tail("t", 2))).toEqual(texts(18, 20));
  });

  for (const durable of [true, false]) {
    it(`retention by size drops the oldest, and followers see the jump (durable ${durable})`, async () => {
      const bytes = 256 * 1024;
      await shared.bus.ensureTopics([spec("t", { durable, retentionBytes: bytes })]);
      const record = (i: number) => `{"n":${i},"x":"${"x".repeat(1_000)}"}`;
      for (let i = 0; i < 1_000; i += 10)
        await shared.bus.publish(
          "t",
          0,
          Array.from({ length: 10 }, (_, k) => record(i + k)),
        );
      const { start, end } = await shared.bus.info("t", 0);
      expect(end).toBe(1_000);
      expect((end - start) * 1_000).toBeLessThanOrEqual(bytes);
      expect((end - start) * 1_000).toBeGreaterThan(bytes / 2);
      const batches = await read(shared.bus, "t", 0, 3, end - start);
      expect(batches[0]?.first).toBe(start);
      expect(valuesOf(batches)[0]).toBe(record(start));
      expect(valuesOf(batches).length).toBe(end - start);
      expect(await shared.bus.lag("t", 0, 0)).toBe(end - start);
    });

    it(`retention by time drops the oldest, positions go on (durable ${durable})`, async () => {
      await shared.bus.ensureTopics([spec("t", { durable, retentionMs: 300 })]);
      await shared.bus.publish("t", 0, texts(0, 10));
      await until("the records to be past their time", async () => (await shared.bus.info("t", 0)).start === 10);
      expect(await shared.bus.tail("t", 5)).toEqual([]);
      expect((await shared.bus.publish("t", 0, texts(10, 11))).first).toBe(10);
    });
  }
}
