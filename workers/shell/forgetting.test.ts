import { expect, test } from "bun:test";
import type { ForgetRule, Forgettable } from "../../core/ports/store.ts";
import { fakeClock } from "../../server/feeds/test-support/fake-clock.ts";
import { Forgetting } from "./forgetting.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const T0 = 1_700_000_000_000;

function world(batches: (what: Forgettable) => readonly (number | Error)[], change: { short?: number } = {}) {
  const clock = fakeClock(T0);
  const stop = new AbortController();
  const asked: [Forgettable, ForgetRule][] = [];
  const steps: number[] = [];
  const said: string[] = [];
  const forgetting = new Forgetting({
    clock,
    log: {
      info: (fields: object) => said.push(`info ${JSON.stringify(fields)}`),
      warn: (fields: object) => said.push(`warn ${JSON.stringify(fields)}`),
    } as unknown as ConstructorParameters<typeof Forgetting>[0]["log"],
    settings: { STORE_KEEP_SHORT_DAYS: change.short ?? 7, STORE_KEEP_SIGNALS_DAYS: 30 },
    store: {
      async *forget(what, rule) {
        asked.push([what, rule]);
        for (const step of batches(what)) {
          if (step instanceof Error) throw step;
          steps.push(clock.now());
          yield step;
        }
      },
    },
  });
  return { clock, stop, asked, steps, said, forgetting, running: forgetting.run(stop.signal) };
}

test("each kind is asked for with its days, some time after the start and then every hour; what went is counted and said", async () => {
  const { clock, stop, asked, said, forgetting, running } = world((what) => (what === "prices" ? [500, 20] : []));
  await clock.advance(60_000);
  expect(asked).toEqual([]);
  await clock.advance(5 * 60_000);
  expect(asked.map(([what, { keep_ms }]) => [what, keep_ms / DAY_MS])).toEqual([
    ["short_bars", 7],
    ["prices", 7],
    ["metrics", 7],
    ["signals", 30],
    ["dead_letters", 30],
  ]);
  expect(asked[0]?.[1].now_ms).toBe(T0 + 120_000);
  expect(forgetting.forgotten).toBe(520);
  expect(said).toEqual(['info {"what":"prices","rows":520,"older_than_days":7}']);
  await clock.advance(HOUR_MS);
  expect(asked.length).toBe(10);
  expect(forgetting.forgotten).toBe(1_040);
  stop.abort();
  await running;
});

test("between two batches the store is left to the writers, and a stop is heeded there", async () => {
  const { clock, stop, steps, forgetting, running, asked } = world(() => [1, 1, 1, 1]);
  await clock.advance(120_015);
  expect(steps).toEqual([T0 + 120_000, T0 + 120_010]);
  stop.abort();
  await running;
  expect(forgetting.forgotten).toBe(2);
  expect(asked.length).toBe(1);
});

test("a store that is away is said; the other kinds go on, and in an hour so does this one", async () => {
  let away = true;
  const { clock, stop, asked, said, forgetting, running } = world((what) =>
    what !== "short_bars" ? [] : away ? [7, new Error("no server")] : [3],
  );
  await clock.advance(130_000);
  expect(said).toEqual([
    'warn {"what":"short_bars","problem":"no server"}',
    'info {"what":"short_bars","rows":7,"older_than_days":7}',
  ]);
  expect(asked.length).toBe(5);
  away = false;
  await clock.advance(HOUR_MS);
  expect(forgetting.forgotten).toBe(10);
  stop.abort();
  await running;
});

test("0 days: kept for ever, never asked for", async () => {
  const { clock, stop, asked, running } = world(() => [1], { short: 0 });
  await clock.advance(HOUR_MS);
  expect(asked.map(([what]) => what)).toEqual(["signals", "dead_letters"]);
  stop.abort();
  await running;
});
