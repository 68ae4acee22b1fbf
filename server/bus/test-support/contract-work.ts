import { expect } from "bun:test";
import type { Case, Shared } from "./contract-case.ts";
import { Member, spec, texts } from "./read.ts";
import { until } from "./until.ts";

/** Work groups. */
export function workCases(it: Case, shared: Shared): void {
  it("a group hands out each record once when all is acked", async () => {
    await shared.bus.ensureTopics([spec("t", { partitions: 3 })]);
    for (let p = 0; p < 3; p++) await shared.bus.publish("t", p, texts(0, 100, `p${p}`));
    const member = new Member(shared.bus, "t", "g", (item) => item.ack());
    await until("all work", () => member.got.length === 300);
    await member.stop();
    for (let p = 0; p < 3; p++)
      expect(member.got.filter((item) => item.partition === p).map((item) => item.value)).toEqual(
        texts(0, 100, `p${p}`),
      );
    expect(member.got.every((item) => item.attempt === 1)).toBe(true);
    expect(await shared.bus.lag("t", 1, { group: "g" })).toBe(0);
    const again = new Member(shared.bus, "t", "g", (item) => item.ack());
    await shared.bus.publish("t", 0, texts(100, 101, "p0"));
    await until("the new record", () => again.got.length > 0);
    await again.stop();
    expect(again.got.map((item) => item.value)).toEqual(texts(100, 101, "p0"));
  });

  it("groups do not share their acks", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 5));
    const members = ["g", "h"].map((group) => new Member(shared.bus, "t", group, (item) => item.ack()));
    await until("both groups to see all", () => members.every((member) => member.got.length === 5));
    for (const member of members) await member.stop();
  });

  it("a new group from latest starts at the end of then", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 5));
    const member = new Member(shared.bus, "t", "g", (item) => item.ack(), { from: "latest" });
    await shared.bus.publish("t", 0, texts(5, 7));
    await until("the new records", () => member.got.length >= 2);
    await member.stop();
    expect(member.got.map((item) => item.value)).toEqual(texts(5, 7));
  });

  it("what is not acked comes again, its attempts counted", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 4));
    const member = new Member(
      shared.bus,
      "t",
      "g",
      async (item) => {
        if (item.position !== 2 || item.attempt === 3) await item.ack();
      },
      { claimAfterMs: 50 },
    );
    await until("the third attempt", async () => (await shared.bus.lag("t", 0, { group: "g" })) === 0);
    await member.stop();
    expect(member.got.filter((item) => item.position === 2).map((item) => item.attempt)).toEqual([1, 2, 3]);
    expect(member.got.length).toBe(6);
  });

  it("a member holds at most maxInFlight unacked", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 20));
    const member = new Member(shared.bus, "t", "g", () => {}, { maxInFlight: 3 });
    await until("the first three", () => member.got.length === 3);
    const other = new Member(shared.bus, "t", "g", (item) => item.ack());
    await until("the other to do the rest", () => other.got.length === 17);
    expect(member.got.length).toBe(3);
    for (const item of member.got.splice(0)) await item.ack();
    await shared.bus.publish("t", 0, texts(20, 60));
    await until("all but what it holds", async () => (await shared.bus.lag("t", 0, { group: "g" })) <= 3);
    expect(member.got.length).toBeLessThanOrEqual(3);
    await Promise.all([member.stop(), other.stop()]);
  });

  it("two members share the work", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const second = await shared.world.open();
    await second.ensureTopics([spec("t")]);
    const ack = (item: { ack(): Promise<void> }) => item.ack();
    const members = [shared.bus, second].map((at) => new Member(at, "t", "g", ack, { maxInFlight: 4 }));
    for (let i = 0; i < 400; i += 10) await shared.bus.publish("t", 0, texts(i, i + 10));
    await until("all work", () => members.reduce((sum, member) => sum + member.got.length, 0) === 400);
    for (const member of members) await member.stop();
    const all = members.flatMap((member) => member.got.map((item) => item.position));
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i));
    for (const member of members) expect(member.got.length).toBeGreaterThan(0);
  });

  it("a member that dies leaves its work to another", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const second = await shared.world.open();
    await second.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 10));
    const dying = new Member(second, "t", "g", () => {}, { claimAfterMs: 200 });
    await until("the first to hold all", () => dying.got.length === 10);
    const heir = new Member(shared.bus, "t", "g", (item) => item.ack(), { claimAfterMs: 200 });
    await second.close();
    await until("the heir to have all", () => heir.got.length >= 10);
    await heir.stop();
    expect(heir.got.map((item) => item.value).sort()).toEqual(texts(0, 10).sort());
    expect(heir.got.every((item) => item.attempt === 2)).toBe(true);
  });

  it("what was handed out and not shown goes back at once, as if never handed out", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 10));
    for await (const item of shared.bus.work("t", "g")) {
      await item.ack();
      break;
    }
    const rest = new Member(shared.bus, "t", "g", (item) => item.ack());
    await until("the rest", () => rest.got.length === 9);
    await rest.stop();
    expect(rest.got.every((item) => item.attempt === 1)).toBe(true);
  });
}
