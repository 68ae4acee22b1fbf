import { expect } from "bun:test";
import type { Bus } from "../../../core/ports/bus.ts";
import type { Case, Shared } from "./contract-case.ts";
import { read, spec, texts, valuesOf } from "./read.ts";

/** Publishing: order, positions, texts as they came. */
export function logCases(it: Case, shared: Shared): void {
  it("acks with dense positions from 0, per partition", async () => {
    await shared.bus.ensureTopics([spec("t", { partitions: 2 })]);
    const a = await shared.bus.publish("t", 0, texts(0, 3));
    const b = await shared.bus.publish("t", 0, texts(3, 5));
    const other = await shared.bus.publish("t", 1, texts(0, 1));
    expect([a.first, a.count, b.first, b.count, other.first]).toEqual([0, 3, 3, 2, 0]);
    expect(b.log_id).toBe(a.log_id);
    const info = await shared.bus.info("t", 0);
    expect(info).toEqual({ log_id: a.log_id, start: 0, end: 5 });
  });

  it("gives back every text as it came", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const values = ['{"a":1}', '"ü 😀 \\u0000"', "\ufeff[]", "[\n 1,\r\n 2\n]", '""', "0", `"${"é".repeat(70_000)}"`];
    await shared.bus.publish("t", 0, values);
    expect(valuesOf(await read(shared.bus, "t", 0, 0, values.length))).toEqual(values);
  });

  it("an empty publish changes nothing", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    await shared.bus.publish("t", 0, texts(0, 2));
    expect(await shared.bus.publish("t", 0, [])).toMatchObject({ first: 2, count: 0 });
    expect((await shared.bus.info("t", 0)).end).toBe(2);
  });

  it("keeps the order of calls not waited for", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const acks = await Promise.all(
      Array.from({ length: 200 }, (_, i) => shared.bus.publish("t", 0, texts(i * 3, i * 3 + 3))),
    );
    expect(acks.map((ack) => ack.first)).toEqual(acks.map((_, i) => i * 3));
    expect(valuesOf(await read(shared.bus, "t", 0, 0, 600))).toEqual(texts(0, 600));
  });

  it("keeps the order of each of several publishers", async () => {
    await shared.bus.ensureTopics([spec("t")]);
    const second = await shared.world.open();
    await second.ensureTopics([spec("t")]);
    const write = async (to: Bus, tag: string) => {
      for (let i = 0; i < 300; i += 10) await to.publish("t", 0, texts(i, i + 10, tag));
    };
    await Promise.all([write(shared.bus, "a"), write(second, "b"), write(shared.bus, "c")]);
    const all = valuesOf(await read(shared.bus, "t", 0, 0, 900));
    for (const tag of ["a", "b", "c"])
      expect(all.filter((text) => text.startsWith(`{"${tag}"`))).toEqual(texts(0, 300, tag));
  });
}
