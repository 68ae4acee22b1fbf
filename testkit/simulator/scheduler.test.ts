import { describe, expect, test } from "bun:test";
import { Random } from "./random.ts";
import { Process, Scheduler } from "./scheduler.ts";

const make = (seed = 1): Scheduler => new Scheduler(1_000, new Random(seed, "order"));

describe("the scheduler", () => {
  test("time passes only when nothing waits, and then at once", async () => {
    const scheduler = make();
    const clock = scheduler.clockOf(new Process("a", 0));
    const woken: string[] = [];
    void clock.sleep(86_400_000).then(() => woken.push(`later ${clock.now()}`));
    void clock.sleep(5).then(() => woken.push(`soon ${clock.now()}`));
    expect(await scheduler.run(() => woken.length === 2, 10)).toBe(true);
    expect(woken).toEqual(["soon 1005", "later 86401000"]);
  });

  test("a sleep ends early by its signal, once", async () => {
    const scheduler = make();
    const clock = scheduler.clockOf(new Process("a", 0));
    const stop = new AbortController();
    let woken = 0;
    void clock.sleep(1_000, stop.signal).then(() => woken++);
    stop.abort();
    await scheduler.run(() => woken === 1, 10);
    expect(clock.now()).toBe(1_000);
    await scheduler.run(() => false, 10);
    expect(woken).toBe(1);
  });

  test("what a killed process waits for never comes", async () => {
    const scheduler = make();
    const [dead, alive] = [new Process("dead", 0), new Process("alive", 0)];
    const done: string[] = [];
    void scheduler.turn(dead, "waits").then(() => done.push("dead"));
    void scheduler
      .clockOf(dead)
      .sleep(1)
      .then(() => done.push("dead"));
    void scheduler.turn(alive, "waits").then(() => done.push("alive"));
    scheduler.kill(dead);
    void scheduler.turn(dead, "asks again").then(() => done.push("dead"));
    expect(await scheduler.run(() => false, 10)).toBe(false);
    expect(done).toEqual(["alive"]);
  });

  test("the seed decides who is next, and every order comes up", async () => {
    const orderOf = async (seed: number): Promise<string> => {
      const scheduler = make(seed);
      const done: string[] = [];
      for (const name of ["a", "b", "c"]) {
        void scheduler.turn(new Process(name, 0), "goes").then(() => done.push(name));
      }
      await scheduler.run(() => done.length === 3, 10);
      return done.join("");
    };
    const orders = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const order = await orderOf(seed);
      expect(await orderOf(seed)).toBe(order);
      orders.add(order);
    }
    expect(orders.size).toBe(6);
  });
});
