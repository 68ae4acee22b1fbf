import { expect, test } from "bun:test";
import { Turns } from "./turns.ts";

const LATER = Date.now() + 1e9;

/** Queues work behind one that holds the turn; the order in which it then ran. */
async function orderOf(queue: (turns: Turns, did: (what: string) => () => Promise<void>) => void): Promise<string[]> {
  const turns = new Turns(100);
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  void turns.take("read", LATER, () => gate.promise);
  queue(turns, (what) => async () => {
    order.push(what);
  });
  gate.resolve();
  await turns.drained();
  return order;
}

test("writers go first, in their order", async () => {
  const order = await orderOf((turns, did) => {
    void turns.take("read", LATER, did("r1"));
    for (const name of ["w1", "w2"]) void turns.take("write", LATER, did(name));
    void turns.take("read", LATER, did("r2"));
  });
  expect(order).toEqual(["w1", "w2", "r1", "r2"]);
});

test("a reader waits for eight writes at most", async () => {
  const order = await orderOf((turns, did) => {
    void turns.take("read", LATER, did("r"));
    for (let i = 0; i < 20; i++) void turns.take("write", LATER, did("w"));
  });
  expect(order.indexOf("r")).toBe(8);
  expect(order).toHaveLength(21);
});

test("what nobody waits for any more is passed over", async () => {
  const turns = new Turns(10);
  let ran = false;
  const late = turns.take("read", Date.now() - 1, async () => {
    ran = true;
  });
  expect(await late.catch((cause) => cause.code)).toBe("LANE_WAIT");
  expect(ran).toBe(false);
});

test("a failing statement ends its own caller alone, and a full queue says so", async () => {
  const turns = new Turns(1);
  const gate = Promise.withResolvers<void>();
  const first = turns.take("write", LATER, () => gate.promise);
  const second = turns.take("write", LATER, () => Promise.reject(new Error("no")));
  expect(await turns.take("write", LATER, async () => 1).catch((cause) => cause.code)).toBe("store_busy");
  const reader = turns.take("read", LATER, async () => 2);
  gate.resolve();
  await first;
  expect(await second.catch((cause) => cause.message)).toBe("no");
  expect(await reader).toBe(2);
  await turns.drained();
  expect(turns.waiting).toBe(0);
});
