import { expect, test } from "bun:test";
import { INTERVALS, type MarketRecord, type Trade } from "../../messages/index.ts";
import { gap, heartbeat, T0, trade, World } from "./test-support/world.ts";

const MINUTE_MS = 60_000;

/** Twenty minutes before midnight to twenty after, a trade every 700 ms; eighths, so that sums are exact. */
const all: Trade[] = Array.from({ length: 3_400 }, (_, i) =>
  trade({
    ts_ms: T0 - 20 * MINUTE_MS + i * 700,
    price: 100 + ((i * 37) % 101) / 8,
    size: 1 + ((i * 13) % 17) / 8,
    side: i % 3 === 0 ? "buy" : "sell",
    seq: i,
    event_id: `t${i}`,
  }),
);

const withBeats = (trades: readonly Trade[]): MarketRecord[] =>
  trades.flatMap((one, i) => (i % 5 === 0 ? [one, heartbeat(one.ts_ms)] : [one]));

test("trades missed around midnight and filled ten minutes later: every bar of 1 s to 1 d is right in the end", () => {
  const from_ms = T0 - 90_000;
  const to_ms = T0 + 150_000;
  const isMissed = ({ ts_ms }: Trade): boolean => ts_ms >= from_ms && ts_ms < to_ms;
  const open = gap({ from_ms, to_ms, status: "open" });
  const before = all.filter(({ ts_ms }) => ts_ms < from_ms);
  const fills = all.filter(isMissed).map((one) => ({ ...one, fill: open.id }));
  const isLive = ({ ts_ms }: Trade): boolean => ts_ms >= to_ms && ts_ms < to_ms + 10 * MINUTE_MS;
  const later = all.filter(({ ts_ms }) => ts_ms >= to_ms + 10 * MINUTE_MS);
  const end = heartbeat(T0 + 25 * MINUTE_MS);

  const holed = new World().step(...withBeats(before), open, ...withBeats(all.filter(isLive)));
  const touched = holed.newest().filter((bar) => bar.start_ts_ms < to_ms && bar.end_ts_ms > from_ms);
  expect(touched.length).toBeGreaterThan(5);
  expect(touched.every((bar) => bar.partial)).toBe(true);
  holed.step(...fills, { ...open, status: "filled", revision: 1 }, ...withBeats(later), end);

  const whole = new World().step(...withBeats(all), end);
  for (const interval of INTERVALS) {
    const without = (world: World) => world.newest(interval).map(({ revision: _, ...bar }) => bar);
    expect(without(holed)).toEqual(without(whole));
  }
  const forming = (world: World) => world.end().bars("1d").at(-1)!;
  expect({ ...forming(holed), revision: 0 }).toEqual({ ...forming(whole), revision: 0 });
  expect(holed.letters()).toEqual([]);
  const revisions = INTERVALS.map((name) => Math.max(...holed.newest(name).map(({ revision }) => revision)));
  expect(Math.min(...revisions)).toBeGreaterThan(0);
});
