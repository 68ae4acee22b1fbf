import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { eventId } from "../../../core/messages/index.ts";
import { call } from "../test-support/call.ts";

const T0 = 1_700_006_400_000;
const dir = mkdtempSync(join(tmpdir(), "tapebell-bars-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const seldom = <T>(usual: T, other: fc.Arbitrary<T>, weight = 16): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, other);
const step = fc.record({
  symbol: fc.constantFrom("BTC-USD", "__proto__", "X"),
  provider: seldom("binance", fc.constant("kraken"), 30),
  by: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: -450, max: 200 }) }, fc.integer({ min: -900, max: 70_000 })),
  /** Receive time behind event time; none where it is not said. */
  after: seldom<number | undefined>(40, fc.constantFrom(undefined, -1_250, -0.375, 90.5), 6),
  skip: seldom(0, fc.integer({ min: -2, max: 2 })),
  /** Some ids do not count up. */
  id: seldom("", fc.constantFrom("a-", "0")),
  price: seldom(61_837.63, fc.constantFrom(0.1 + 0.2, -1, 1e16, 1e-7), 4),
  size: fc.integer({ min: 0, max: 40 }),
  side: fc.constantFrom("buy", "sell", null),
  next: seldom<string | null>(
    null,
    fc.constantFrom(
      "{",
      "",
      '{"kind":"trade"}',
      "not json",
      `{"kind":"heartbeat","provider":"binance","ts_ms":${T0 + 9_000},"reason":"venue"}`,
      `{"kind":"gap","id":"g","revision":0,"provider":"binance","symbol":"X","stream":"trades","from_seq":null,"to_seq":null,"from_ms":${T0},"to_ms":${T0 + 4_000},"status":"open"}`,
    ),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function linesOf(steps: readonly Step[]): string[] {
  const last = new Map<string, { ts_ms: number; id: number }>();
  return steps.flatMap(({ symbol, provider, by, after, skip, id, price, size, side, next }) => {
    const before = last.get(symbol) ?? { ts_ms: T0, id: 7 };
    const seq = Math.max(0, before.id + 1 + skip);
    const ts_ms = before.ts_ms + by;
    last.set(symbol, { ts_ms: Math.max(before.ts_ms, ts_ms), id: Math.max(before.id, seq) });
    const line = JSON.stringify({
      ...{ ver: 1, kind: "trade", origin: "replay", provider, symbol, ts_ms },
      ...(after === undefined ? {} : { recv_ms: ts_ms + after }),
      ...{ price, size: size / 8, side, trade_id: `${id}${seq}`, seq, event_id: eventId(provider, symbol, ts_ms, seq) },
    });
    return next === null ? [line] : [line, next];
  });
}

test("trades in decode's own form, however they are cut, give the bytes that they give by the plain reader, line by line", async () => {
  const deadLetters = join(dir, "dead.ndjson");
  const bars = async (stdin: string | Uint8Array[]) => {
    const { code, out, err } = await call(["stage", "bars", "--set", "INTERVAL=1s,1m", "--dead-letter", deadLetters], {
      stdin,
    });
    return { code, out, err, dead: readFileSync(deadLetters, "utf8") };
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 120, size: "max" }),
      fc.integer({ min: 1, max: 900 }),
      async (steps, size) => {
        const lines = linesOf(steps);
        // A space more, and the quick reader leaves it to the plain one.
        const plainly = await bars(lines.map((line) => `${line.replace('{"ver"', '{ "ver"')}\n`).join(""));
        const wanted = { ...plainly, dead: plainly.dead.replaceAll('{ \\"ver', '{\\"ver') };
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        expect(await bars(pieces)).toEqual(wanted);
      },
    ),
    { numRuns: 30 },
  );
});

test("a trade sent again is one trade, also where the recorder's clock is seconds behind the venue's", async () => {
  const line = (ms: number, seq: number): string =>
    `{"ver":1,"kind":"trade","origin":"replay","provider":"p","symbol":"X","ts_ms":${T0 + ms},"recv_ms":${T0 + ms - 2_500},"price":1,"size":1,"side":null,"trade_id":"${seq}","seq":${seq},"event_id":"${seq}"}\n`;
  const sent = [line(0, 1), line(10, 2), line(20, 3), line(20, 3), line(30, 4), line(30, 4)];
  for (const stdin of [sent.join(""), sent.join("").replaceAll("{", "{ ")])
    expect((await call(["stage", "bars", "--set", "INTERVAL=1m"], { stdin })).records).toMatchObject([
      { trade_count: 4 },
    ]);
});
