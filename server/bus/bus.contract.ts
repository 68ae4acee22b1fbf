import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Batch, Bus } from "../../core/ports/bus.ts";
import { RECORD_BYTES_MAX } from "./limits.ts";
import { Member, read, spec, texts, valuesOf } from "./test-support/read.ts";
import { until } from "./test-support/until.ts";

/** One storage behind any number of buses: what two processes or two prefixes share. */
export interface BusWorld {
  open(prefix?: string): Promise<Bus>;
  /** Closes what it opened and removes what it stored. */
  dispose(): Promise<void>;
}

const refused = async (call: Promise<unknown>): Promise<{ code?: string; message: string; hint?: string }> => {
  try {
    await call;
  } catch (error) {
    return error as { code?: string; message: string };
  }
  throw new Error("the call was not refused");
};

/** What every adapter of the bus port must do. A known gap is named with its reason, and fails once it is closed. */
export function busContract(
  adapter: string,
  makeWorld: () => Promise<BusWorld>,
  knownGaps: Readonly<Record<string, string>> = {},
): void {
  describe(`bus contract: ${adapter}`, () => {
    let world: BusWorld;
    let bus: Bus;
    const named = new Set<string>();
    const it = (name: string, run: () => Promise<void>) => {
      named.add(name);
      const gap = knownGaps[name];
      if (gap === undefined) test(name, run);
      else test.failing(`${name} (known gap: ${gap})`, run);
    };

    beforeEach(async () => {
      world = await makeWorld();
      bus = await world.open();
    });
    afterEach(() => world.dispose());

    it("acks with dense positions from 0, per partition", async () => {
      await bus.ensureTopics([spec("t", { partitions: 2 })]);
      const a = await bus.publish("t", 0, texts(0, 3));
      const b = await bus.publish("t", 0, texts(3, 5));
      const other = await bus.publish("t", 1, texts(0, 1));
      expect([a.first, a.count, b.first, b.count, other.first]).toEqual([0, 3, 3, 2, 0]);
      expect(b.log_id).toBe(a.log_id);
      const info = await bus.info("t", 0);
      expect(info).toEqual({ log_id: a.log_id, start: 0, end: 5 });
    });

    it("gives back every text as it came", async () => {
      await bus.ensureTopics([spec("t")]);
      const values = ['{"a":1}', '"ü 😀 \\u0000"', "\ufeff[]", "[\n 1,\r\n 2\n]", '""', "0", `"${"é".repeat(70_000)}"`];
      await bus.publish("t", 0, values);
      expect(valuesOf(await read(bus, "t", 0, 0, values.length))).toEqual(values);
    });

    it("an empty publish changes nothing", async () => {
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 2));
      expect(await bus.publish("t", 0, [])).toMatchObject({ first: 2, count: 0 });
      expect((await bus.info("t", 0)).end).toBe(2);
    });

    it("keeps the order of calls not waited for", async () => {
      await bus.ensureTopics([spec("t")]);
      const acks = await Promise.all(
        Array.from({ length: 200 }, (_, i) => bus.publish("t", 0, texts(i * 3, i * 3 + 3))),
      );
      expect(acks.map((ack) => ack.first)).toEqual(acks.map((_, i) => i * 3));
      expect(valuesOf(await read(bus, "t", 0, 0, 600))).toEqual(texts(0, 600));
    });

    it("keeps the order of each of several publishers", async () => {
      await bus.ensureTopics([spec("t")]);
      const second = await world.open();
      await second.ensureTopics([spec("t")]);
      const write = async (to: Bus, tag: string) => {
        for (let i = 0; i < 300; i += 10) await to.publish("t", 0, texts(i, i + 10, tag));
      };
      await Promise.all([write(bus, "a"), write(second, "b"), write(bus, "c")]);
      const all = valuesOf(await read(bus, "t", 0, 0, 900));
      for (const tag of ["a", "b", "c"])
        expect(all.filter((text) => text.startsWith(`{"${tag}"`))).toEqual(texts(0, 300, tag));
    });

    it("follows from a position, from earliest and from latest", async () => {
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 10));
      const [middle] = await read(bus, "t", 0, 4, 6);
      expect([middle?.first, middle?.next]).toEqual([4, 10]);
      expect(middle?.values).toEqual(texts(4, 10));
      expect(valuesOf(await read(bus, "t", 0, "earliest", 10))).toEqual(texts(0, 10));
      const stop = new AbortController();
      const latest = bus.follow("t", 0, "latest", { signal: stop.signal });
      await bus.publish("t", 0, texts(10, 12));
      for await (const batch of latest) {
        expect([batch.first, batch.values]).toEqual([10, texts(10, 12)]);
        stop.abort();
      }
    });

    it("a batch says where it stands and when the bus took it", async () => {
      await bus.ensureTopics([spec("t", { partitions: 3 })]);
      const before = Date.now();
      const ack = await bus.publish("t", 2, texts(0, 5));
      const [batch] = await read(bus, "t", 2, 0, 5);
      expect(batch).toMatchObject({ log_id: ack.log_id, topic: "t", partition: 2, first: 0, next: 5 });
      expect(batch?.time_ms).toBeGreaterThanOrEqual(Math.floor(before));
      expect(batch?.time_ms).toBeLessThanOrEqual(Date.now());
    });

    it("batches hold at most maxRecords, without a hole between them", async () => {
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 100));
      await bus.publish("t", 0, texts(100, 103));
      const batches = await read(bus, "t", 0, 1, 102, { maxRecords: 7 });
      let next = 1;
      for (const batch of batches) {
        expect(batch.values.length).toBeLessThanOrEqual(7);
        expect([batch.first, batch.next]).toEqual([next, next + batch.values.length]);
        next = batch.next;
      }
      expect(valuesOf(batches)).toEqual(texts(1, 103));
    });

    it("several followers each see everything, live", async () => {
      await bus.ensureTopics([spec("t")]);
      const second = await world.open();
      await second.ensureTopics([spec("t")]);
      const readers = [read(bus, "t", 0, 0, 500), read(bus, "t", 0, "earliest", 500), read(second, "t", 0, 0, 500)];
      for (let i = 0; i < 500; i += 25) await bus.publish("t", 0, texts(i, i + 25));
      for (const reader of readers) expect(valuesOf(await reader)).toEqual(texts(0, 500));
    });

    it("a follower ends by its signal, also while it waits", async () => {
      await bus.ensureTopics([spec("t")]);
      const stop = new AbortController();
      const batches: Batch[] = [];
      const done = (async () => {
        for await (const batch of bus.follow("t", 0, 0, { signal: stop.signal })) batches.push(batch);
      })();
      await bus.publish("t", 0, texts(0, 1));
      await until("the first batch", () => batches.length === 1);
      stop.abort();
      await done;
      const before = new AbortController();
      before.abort();
      for await (const _ of bus.follow("t", 0, 0, { signal: before.signal })) throw new Error("read after the signal");
    });

    it("followers and members end when the bus is closed; later calls are refused", async () => {
      await bus.ensureTopics([spec("t")]);
      const follower = (async () => {
        for await (const _ of bus.follow("t", 0, 0));
      })();
      const member = new Member(bus, "t", "g", (item) => item.ack());
      await bus.publish("t", 0, texts(0, 3));
      await until("the work", () => member.got.length === 3);
      await bus.close();
      await follower;
      await member.done;
      expect((await refused(bus.publish("t", 0, texts(0, 1)))).code).toBe("bus_closed");
      expect((await refused(Promise.resolve().then(() => bus.info("t", 0)))).code).toBe("bus_closed");
    });

    it("a slow follower holds no more than a few batches", async () => {
      await bus.ensureTopics([spec("t")]);
      const stop = new AbortController();
      const reader = bus.follow("t", 0, 0, { signal: stop.signal, maxRecords: 10 })[Symbol.asyncIterator]();
      await bus.publish("t", 0, texts(0, 10));
      await reader.next();
      // Pulled, not pushed: what is written while it does not ask is there when it asks, in order.
      for (let i = 10; i < 20_000; i += 1_000) await bus.publish("t", 0, texts(i, Math.min(20_000, i + 1_000)));
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
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 3));
      expect((await refused(read(bus, "t", 0, 4, 1))).code).toBe("position_ahead");
    });

    it("names the unknown topic or partition", async () => {
      await bus.ensureTopics([spec("t")]);
      const topic = await refused(bus.publish("nope", 0, ["1"]));
      expect(topic.code).toBe("unknown_topic");
      expect(topic.message).toContain("nope");
      expect((await refused(bus.publish("t", 1, ["1"]))).code).toBe("unknown_partition");
      expect((await refused(read(bus, "nope", 0, 0, 1))).code).toBe("unknown_topic");
      expect((await refused(new Member(bus, "nope", "g", () => {}).done)).code).toBe("unknown_topic");
    });

    it("refuses a record over the limit, and nothing of that call is written", async () => {
      await bus.ensureTopics([spec("t")]);
      const fits = `"${"x".repeat(RECORD_BYTES_MAX - 2)}"`;
      await bus.publish("t", 0, [fits]);
      const error = await refused(bus.publish("t", 0, ["1", `"${"x".repeat(RECORD_BYTES_MAX - 1)}"`]));
      expect(error.code).toBe("record_too_large");
      expect(error.message).toContain(String(RECORD_BYTES_MAX + 1));
      const wide = await refused(bus.publish("t", 0, [`"${"é".repeat(RECORD_BYTES_MAX / 2)}"`]));
      expect(wide.code).toBe("record_too_large");
      expect((await bus.info("t", 0)).end).toBe(1);
      expect(valuesOf(await read(bus, "t", 0, 0, 1))).toEqual([fits]);
    });

    it("refuses a publish over the limits", async () => {
      await bus.ensureTopics([spec("t")]);
      const many = new Array<string>(100_001).fill("1");
      expect((await refused(bus.publish("t", 0, many))).code).toBe("publish_too_large");
      const big = new Array<string>(40).fill(`"${"x".repeat(500_000)}"`);
      expect((await refused(bus.publish("t", 0, big))).code).toBe("publish_too_large");
      expect((await bus.info("t", 0)).end).toBe(0);
    });

    it("ensureTopics can be said again and does not forget", async () => {
      await bus.ensureTopics([spec("t"), spec("u")]);
      await bus.publish("t", 0, texts(0, 3));
      await bus.ensureTopics([spec("t"), spec("v")]);
      expect((await bus.info("t", 0)).end).toBe(3);
      expect((await refused(bus.ensureTopics([spec("t", { partitions: 4 })]))).code).toBe("topic_changed");
      expect((await refused(bus.ensureTopics([spec("../t")]))).code).toBe("bad_topic");
    });

    it("prefixes keep topics apart", async () => {
      const synthetic = await world.open("synthetic.");
      await Promise.all([bus.ensureTopics([spec("t")]), synthetic.ensureTopics([spec("t")])]);
      const live = await bus.publish("t", 0, texts(0, 2, "live"));
      const own = await synthetic.publish("t", 0, texts(0, 3, "synthetic"));
      expect(own.log_id).not.toBe(live.log_id);
      expect(valuesOf(await read(bus, "t", 0, 0, 2))).toEqual(texts(0, 2, "live"));
      const [batch] = await read(synthetic, "t", 0, 0, 3);
      expect(batch?.values).toEqual(texts(0, 3, "synthetic"));
      expect(batch?.topic).toBe("t");
    });

    it("finds the position of a time", async () => {
      await bus.ensureTopics([spec("t", { partitions: 2 })]);
      await bus.publish("t", 0, texts(0, 5));
      const taken = (await read(bus, "t", 0, 0, 5))[0]!.time_ms;
      await until("the clock to move", () => Date.now() > taken + 2);
      const between = Date.now();
      await bus.publish("t", 0, texts(5, 9));
      expect(await bus.positionAt("t", 0, taken - 1_000)).toBe(0);
      expect(await bus.positionAt("t", 0, taken)).toBe(0);
      expect(await bus.positionAt("t", 0, between)).toBe(5);
      expect(await bus.positionAt("t", 0, Date.now() + 60_000)).toBe(9);
      expect(await bus.positionAt("t", 1, 0)).toBe(0);
    });

    it("knows the lag of a reader and of a group", async () => {
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 10));
      expect(await bus.lag("t", 0, 0)).toBe(10);
      expect(await bus.lag("t", 0, 7)).toBe(3);
      expect(await bus.lag("t", 0, 10)).toBe(0);
      let left = 4;
      const member = new Member(bus, "t", "g", async (item) => {
        if (left-- > 0) await item.ack();
      });
      await until("all to be handed out", () => member.got.length === 10);
      expect(await bus.lag("t", 0, { group: "g" })).toBe(6);
      await member.stop();
    });

    it("tails the newest records over all partitions, oldest first", async () => {
      await bus.ensureTopics([spec("t", { partitions: 3 })]);
      expect(await bus.tail("t", 5)).toEqual([]);
      let time = 0;
      for (let i = 0; i < 9; i++) {
        await until("the clock to move", () => Date.now() > time);
        await bus.publish("t", i % 3, texts(i * 2, i * 2 + 2));
        time = Date.now();
      }
      expect(valuesOf(await bus.tail("t", 5))).toEqual(texts(13, 18));
      expect(valuesOf(await bus.tail("t", 1_000))).toEqual(texts(0, 18));
      const [first] = await bus.tail("t", 3);
      expect([first?.partition, first?.first, first?.next]).toEqual([1, 5, 6]);
      expect(await bus.tail("t", 0)).toEqual([]);
    });

    it("a topic that is not durable works for who is there", async () => {
      await bus.ensureTopics([spec("t", { durable: false })]);
      const live = read(bus, "t", 0, "earliest", 20);
      await bus.publish("t", 0, texts(0, 20));
      expect(valuesOf(await live)).toEqual(texts(0, 20));
      expect(valuesOf(await bus.tail("t", 2))).toEqual(texts(18, 20));
    });

    for (const durable of [true, false]) {
      it(`retention by size drops the oldest, and followers see the jump (durable ${durable})`, async () => {
        const bytes = 256 * 1024;
        await bus.ensureTopics([spec("t", { durable, retentionBytes: bytes })]);
        const record = (i: number) => `{"n":${i},"x":"${"x".repeat(1_000)}"}`;
        for (let i = 0; i < 1_000; i += 10)
          await bus.publish(
            "t",
            0,
            Array.from({ length: 10 }, (_, k) => record(i + k)),
          );
        const { start, end } = await bus.info("t", 0);
        expect(end).toBe(1_000);
        expect((end - start) * 1_000).toBeLessThanOrEqual(bytes);
        expect((end - start) * 1_000).toBeGreaterThan(bytes / 2);
        const batches = await read(bus, "t", 0, 3, end - start);
        expect(batches[0]?.first).toBe(start);
        expect(valuesOf(batches)[0]).toBe(record(start));
        expect(valuesOf(batches).length).toBe(end - start);
        expect(await bus.lag("t", 0, 0)).toBe(end - start);
      });

      it(`retention by time drops the oldest, positions go on (durable ${durable})`, async () => {
        await bus.ensureTopics([spec("t", { durable, retentionMs: 300 })]);
        await bus.publish("t", 0, texts(0, 10));
        await until("the records to be past their time", async () => (await bus.info("t", 0)).start === 10);
        expect(await bus.tail("t", 5)).toEqual([]);
        expect((await bus.publish("t", 0, texts(10, 11))).first).toBe(10);
      });
    }

    it("a group hands out each record once when all is acked", async () => {
      await bus.ensureTopics([spec("t", { partitions: 3 })]);
      for (let p = 0; p < 3; p++) await bus.publish("t", p, texts(0, 100, `p${p}`));
      const member = new Member(bus, "t", "g", (item) => item.ack());
      await until("all work", () => member.got.length === 300);
      await member.stop();
      for (let p = 0; p < 3; p++)
        expect(member.got.filter((item) => item.partition === p).map((item) => item.value)).toEqual(
          texts(0, 100, `p${p}`),
        );
      expect(member.got.every((item) => item.attempt === 1)).toBe(true);
      expect(await bus.lag("t", 1, { group: "g" })).toBe(0);
      const again = new Member(bus, "t", "g", (item) => item.ack());
      await bus.publish("t", 0, texts(100, 101, "p0"));
      await until("the new record", () => again.got.length > 0);
      await again.stop();
      expect(again.got.map((item) => item.value)).toEqual(texts(100, 101, "p0"));
    });

    it("groups do not share their acks", async () => {
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 5));
      const members = ["g", "h"].map((group) => new Member(bus, "t", group, (item) => item.ack()));
      await until("both groups to see all", () => members.every((member) => member.got.length === 5));
      for (const member of members) await member.stop();
    });

    it("a new group from latest starts at the end of then", async () => {
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 5));
      const member = new Member(bus, "t", "g", (item) => item.ack(), { from: "latest" });
      await bus.publish("t", 0, texts(5, 7));
      await until("the new records", () => member.got.length >= 2);
      await member.stop();
      expect(member.got.map((item) => item.value)).toEqual(texts(5, 7));
    });

    it("what is not acked comes again, its attempts counted", async () => {
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 4));
      const member = new Member(
        bus,
        "t",
        "g",
        async (item) => {
          if (item.position !== 2 || item.attempt === 3) await item.ack();
        },
        { claimAfterMs: 50 },
      );
      await until("the third attempt", async () => (await bus.lag("t", 0, { group: "g" })) === 0);
      await member.stop();
      expect(member.got.filter((item) => item.position === 2).map((item) => item.attempt)).toEqual([1, 2, 3]);
      expect(member.got.length).toBe(6);
    });

    it("a member holds at most maxInFlight unacked", async () => {
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 20));
      const member = new Member(bus, "t", "g", () => {}, { maxInFlight: 3 });
      await until("the first three", () => member.got.length === 3);
      const other = new Member(bus, "t", "g", (item) => item.ack());
      await until("the other to do the rest", () => other.got.length === 17);
      expect(member.got.length).toBe(3);
      for (const item of member.got.splice(0)) await item.ack();
      await bus.publish("t", 0, texts(20, 60));
      await until("all but what it holds", async () => (await bus.lag("t", 0, { group: "g" })) <= 3);
      expect(member.got.length).toBeLessThanOrEqual(3);
      await Promise.all([member.stop(), other.stop()]);
    });

    it("two members share the work", async () => {
      await bus.ensureTopics([spec("t")]);
      const second = await world.open();
      await second.ensureTopics([spec("t")]);
      const ack = (item: { ack(): Promise<void> }) => item.ack();
      const members = [bus, second].map((at) => new Member(at, "t", "g", ack, { maxInFlight: 4 }));
      for (let i = 0; i < 400; i += 10) await bus.publish("t", 0, texts(i, i + 10));
      await until("all work", () => members.reduce((sum, member) => sum + member.got.length, 0) === 400);
      for (const member of members) await member.stop();
      const all = members.flatMap((member) => member.got.map((item) => item.position));
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i));
      for (const member of members) expect(member.got.length).toBeGreaterThan(0);
    });

    it("a member that dies leaves its work to another", async () => {
      await bus.ensureTopics([spec("t")]);
      const second = await world.open();
      await second.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 10));
      const dying = new Member(second, "t", "g", () => {}, { claimAfterMs: 200 });
      await until("the first to hold all", () => dying.got.length === 10);
      const heir = new Member(bus, "t", "g", (item) => item.ack(), { claimAfterMs: 200 });
      await second.close();
      await until("the heir to have all", () => heir.got.length >= 10);
      await heir.stop();
      expect(heir.got.map((item) => item.value).sort()).toEqual(texts(0, 10).sort());
      expect(heir.got.every((item) => item.attempt === 2)).toBe(true);
    });

    it("what was handed out and not shown goes back at once, as if never handed out", async () => {
      await bus.ensureTopics([spec("t")]);
      await bus.publish("t", 0, texts(0, 10));
      for await (const item of bus.work("t", "g")) {
        await item.ack();
        break;
      }
      const rest = new Member(bus, "t", "g", (item) => item.ack());
      await until("the rest", () => rest.got.length === 9);
      await rest.stop();
      expect(rest.got.every((item) => item.attempt === 1)).toBe(true);
    });

    test("known gaps name cases that exist", () => {
      expect(Object.keys(knownGaps).filter((name) => !named.has(name))).toEqual([]);
    });
  });
}
