import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Alert } from "../../../core/messages/index.ts";
import { alert } from "../../cache/test-support/store.ts";
import { bar, texts, until } from "../../cache/test-support/world.ts";
import { SseReader, type World, type WorldOptions, world } from "../test-support/world.ts";

const open: World[] = [];
const start = async (options: WorldOptions = {}): Promise<World> => {
  const made = await world(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const one of open.splice(0)) {
    expect(one.bugs).toEqual([]);
    await one.close();
  }
});

const connect = async (at: World, id?: string, query = "?topics=alerts"): Promise<SseReader> =>
  new SseReader(await at.get(`/api/stream${query}`, id === undefined ? {} : { headers: { "last-event-id": id } }));

const opened = alert(1);
const escalated = alert(1, { revision: 2, state: "escalated", severity: "critical", ret: 0.1 });
const over = alert(1, {
  revision: 4,
  state: "over",
  ended: { at_ms: alert(1).start_ms + 900_000, reason: "quiet", peak: null, peak_ret: 0.11, given_back: 0.4 },
});

async function say(at: World, ...alerts: readonly Alert[]): Promise<void> {
  const before = at.cache.cursor().positions[1]!;
  await at.bus.publish("tape.alerts", 0, texts(...alerts));
  await until("the alerts", () => at.cache.cursor().positions[1] === before + alerts.length);
}

/** All alerts that come before a mark of the test's own. */
async function upTo(at: World, stream: SseReader, mark: Alert): Promise<Alert[]> {
  await say(at, mark);
  const events = await stream.through(({ data }) => (data as Alert).id === mark.id);
  return events
    .filter(({ event }) => event === "alert")
    .map(({ data }) => Alert.parse(data))
    .slice(0, -1);
}

describe("alerts on a stream", () => {
  test("opening, escalation and end come as they are said, each with an id", async () => {
    const at = await start();
    const stream = await connect(at);
    await stream.take(1);
    for (const one of [opened, escalated, over]) {
      await say(at, one);
      const [event] = await stream.take(1);
      expect(event).toMatchObject({ event: "alert", data: one });
      expect(event?.id).not.toBe("");
    }
  });

  test("only those of the symbols asked for, and market alerts that name one of them", async () => {
    const at = await start();
    const stream = await connect(at, undefined, "?topics=alerts&symbols=ETHUSDT");
    await stream.take(1);
    const market = alert(3, { kind: "market", symbol: "*", symbols: ["BTCUSDT", "ETHUSDT"], id: "*:up:3" });
    await say(at, opened, alert(2, { symbol: "*", symbols: ["BTCUSDT"], id: "*:up:2" }), market);
    expect((await stream.take(1))[0]?.data).toEqual(market);
  });

  test("a client that never reads forming bars in time still gets every alert", async () => {
    const at = await start({ bars: [bar(0)] });
    const stream = await connect(at, undefined, "");
    await stream.take(2);
    const said: Alert[] = [];
    for (let n = 0; n < 200; n++) {
      await at.bus.publish("tape.forming", 0, texts(bar(1, { final: false, close: n, volume: n })));
      if (n % 10 === 0) {
        said.push(alert(n));
        await say(at, alert(n));
      }
    }
    expect(await upTo(at, stream, alert(1_000))).toEqual(said);
  });

  test("what was said while a client was away: every alert's newest revision, revisions in order, none twice", async () => {
    const statement = fc.record({ alert: fc.nat({ max: 5 }), away: fc.boolean() });
    const shape = fc.record({
      statements: fc.array(statement, { maxLength: 25 }),
      held: fc.integer({ min: 1, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ statements, held }) => {
        const at = await start({ cacheOptions: { bounds: { ledgerMax: held } } });
        const revisions = new Map<string, number>();
        const got: Alert[] = [];
        let stream = await connect(at);
        let id = (await stream.take(1))[0]!.id;
        let isAway = false;
        for (const one of statements) {
          const { id: of } = alert(one.alert);
          const revision = (revisions.get(of) ?? -2) + 2;
          revisions.set(of, revision);
          if (one.away && !isAway) await stream.cancel();
          await say(at, alert(one.alert, { revision, state: revision === 0 ? "open" : "escalated" }));
          if (one.away) isAway = true;
          else {
            if (isAway) stream = await connect(at, id);
            const last = await stream.through(
              ({ event, data }) =>
                event === "alert" && (data as Alert).id === of && (data as Alert).revision === revision,
            );
            got.push(...last.filter(({ event }) => event === "alert").map(({ data }) => data as Alert));
            expect(last.map(({ event }) => event)).not.toContain("reset");
            id = last.at(-1)!.id;
            // An id on the way back is the one the client came with: only behind all that was missed it moves on.
            if (isAway) {
              const mark = alert(2_000 + got.length);
              got.push(...(await upTo(at, stream, mark)));
              await say(at, { ...mark, revision: 2 });
              id = (await stream.take(1))[0]!.id;
            }
            isAway = false;
          }
        }
        await stream.cancel();
        stream = await connect(at, id);
        await stream.take(1);
        got.push(...(await upTo(at, stream, alert(999))));
        const seen = got.map((one) => `${one.id} r${one.revision}`);
        expect(new Set(seen).size).toBe(seen.length);
        const newest = new Map<string, number>();
        for (const one of got) {
          expect(one.revision).toBeGreaterThan(newest.get(one.id) ?? -1);
          newest.set(one.id, one.revision);
        }
        for (const [of, revision] of revisions) expect(newest.get(of)).toBe(revision);
      }),
      { numRuns: 40 },
    );
  });
});
