import { expect, test } from "bun:test";
import type { Batch } from "../../core/ports/bus.ts";
import { encode } from "./codec.ts";
import { ByteCredit } from "./credit.ts";
import { follow } from "./follow.ts";
import { RingLog } from "./memory/ring-log.ts";
import type { Answers, Call, Request, RequestOf, Run, Transport } from "./protocol.ts";
import { texts } from "./test-support/read.ts";

/** A broker with one endless topic: counts what is asked of it. */
class Endless implements Transport {
  reads = 0;
  cancelled = 0;
  listeners = 0;

  call<Op extends Request["op"]>(request: RequestOf<Op>): Call<Answers[Op]> {
    const plain: Request = request;
    const answer: unknown =
      plain.op === "read" ? this.run(plain.from) : plain.op === "start" ? { log_id: "l", position: 0 } : null;
    return {
      answer: Promise.resolve(answer as Answers[Op]),
      cancel: () => {
        this.cancelled++;
      },
    };
  }

  onEnd(): () => void {
    this.listeners++;
    return () => {
      this.listeners--;
    };
  }

  async close(): Promise<void> {}

  private run(from: number): Run {
    this.reads++;
    const [block] = encode("t", texts(from, from + 10));
    return { partition: 0, log_id: "l", first: from, bytes: block!.bytes, counts: [10], times_ms: [from] };
  }
}

test("a follower asks for one batch ahead and no more, however slow its caller is", async () => {
  const transport = new Endless();
  const reader = follow(transport, "t", 0, 0, {})[Symbol.asyncIterator]();
  for (let i = 1; i <= 20; i++) {
    const { value } = (await reader.next()) as { value: Batch };
    await new Promise((resolve) => setImmediate(resolve));
    expect(value.first).toBe((i - 1) * 10);
    expect(transport.reads).toBe(i + 1);
  }
  await reader.return?.();
  expect(transport.cancelled).toBe(1);
  expect(transport.listeners).toBe(0);
});

test("a publisher has so many bytes on their way; who waits goes on in order", async () => {
  const credit = new ByteCredit(100);
  const went: number[] = [];
  const go = (bytes: number, id: number) => {
    const turn = credit.take(bytes);
    if (turn === null) went.push(id);
    else void turn.then(() => went.push(id));
  };
  go(60, 1);
  go(50, 2);
  go(10, 3);
  await Promise.resolve();
  expect(went).toEqual([1]);
  credit.give(60);
  await Promise.resolve();
  expect(went).toEqual([1, 2, 3]);
  go(500, 4);
  credit.give(50);
  await Promise.resolve();
  expect(went).toEqual([1, 2, 3]);
  credit.give(10);
  await Promise.resolve();
  expect(went).toEqual([1, 2, 3, 4]);
});

test("a topic in memory is bounded by records too", () => {
  const log = new RingLog("l", 2, 1e9, 1e9, 100);
  for (let i = 0; i < 50; i++) log.append([{ partition: i % 2, blocks: encode("t", texts(i * 10, i * 10 + 10)) }], i);
  const kept = [0, 1].map((p) => log.info(p).end - log.info(p).start);
  expect(kept).toEqual([50, 50]);
  expect(log.info(0).end).toBe(250);
});
