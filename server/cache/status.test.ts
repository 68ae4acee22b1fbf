import { describe, expect, test } from "bun:test";
import { type Nearest, type PartStatus, Status } from "../../core/messages/index.ts";
import type { HeldPart } from "./state.ts";
import { foldStatus, type StatusInput, type WorkerFacts } from "./status.ts";
import { feed, T0 } from "./test-support/world.ts";

const parts = (...all: (PartStatus & { received_ms?: number })[]): Map<string, HeldPart> =>
  new Map(all.map(({ received_ms = T0, ...status }) => [status.part, { status, received_ms, since_ms: T0 - 9_000 }]));

const worker = (state: WorkerFacts["state"]): WorkerFacts => ({
  role: "aggregate",
  state,
  text: `aggregate is ${state}`,
  since_ms: T0,
});

const fold = (input: Partial<StatusInput> = {}): Status =>
  foldStatus({
    now_ms: T0,
    origin: "synthetic",
    version: "1.2.3",
    started_ms: T0 - 60_000,
    workers: [worker("running")],
    parts: parts(feed()),
    isSeeded: true,
    troubles: [],
    newest_ts_ms: T0 - 200,
    nearest: [],
    gaps: { open: 0, lost: 0 },
    deadLetters: new Map(),
    ...input,
  });

describe("status", () => {
  test("all is well: ready, no problems, the feed's own words, a record by its schema", () => {
    const status = fold({ gaps: { open: 2, lost: 1 }, deadLetters: new Map([["price", 3]]) });
    expect(Status.parse(status)).toEqual(status);
    expect(status).toMatchObject({
      ready: true,
      problems: [],
      feed: { provider: "synthetic", state: "live", since_ms: T0 - 9_000 },
      latency_ms_p50: 3,
      latency_ms_p95: 8,
      bad_prints: 0,
      gaps_open: 2,
      gaps_lost: 1,
      dead_letters: { price: 3 },
      newest_ts_ms: T0 - 200,
    });
  });

  test("the nearest to firing and the day's counts, over all parts of the market", () => {
    const item = (symbol: string, share: number) => ({ symbol, window: "1m", ret: share * 0.05, limit: 0.05, share });
    const said = (part: string, sketch: Partial<Nearest>): Nearest => ({
      kind: "nearest",
      part,
      ts_ms: T0,
      items: [],
      day: "2025-11-21",
      trades: 10,
      moves_weighed: 2,
      bad_prints: 1,
      alerts: 0,
      ...sketch,
    });
    const nearest = [
      // What is beyond its limit is not near to it.
      said("0", { items: [item("PUMP", 1.3), item("SOL", 0.78), item("ADA", 0.2)], alerts: 1 }),
      said("1", { items: [item("XRP", 0.5), item("BTC", 0.5), item("ETH", 0.1)] }),
      // Yesterday's counts are not today's; what a stuck share of the market said an hour ago is not near to anything.
      said("2", { day: "2025-11-20", ts_ms: T0 - 3_600_000, bad_prints: 900, items: [item("OLD", 0.99)] }),
    ];
    const status = fold({ nearest });
    expect(Status.parse(status)).toEqual(status);
    expect(status.nearest).toEqual({
      items: [item("SOL", 0.78), item("BTC", 0.5), item("XRP", 0.5)],
      day: "2025-11-21",
      trades: 20,
      moves_weighed: 4,
      bad_prints: 2,
      alerts: 1,
    });
    expect(status.bad_prints).toBe(2);
    expect(fold({}).nearest).toBeUndefined();
  });

  test("a part that falls silent is stale and says for how long", () => {
    const status = fold({ now_ms: T0 + 7_400 });
    expect(status.feed.state).toBe("stale");
    expect(status.feed.text).toStartWith("Silent for 7 s");
    expect(status.problems).toHaveLength(1);
    expect(status.ready).toBe(true);
  });

  test("a recording that has ended is no trouble, however long ago it said so", () => {
    const ended = { ...feed({ state: "ended", text: "Replay of x has ended" }), received_ms: T0 - 3_600_000 };
    const status = fold({ parts: parts(ended) });
    expect(status).toMatchObject({
      ready: true,
      problems: [],
      feed: { state: "ended", text: "Replay of x has ended" },
    });
  });

  test("each of these alone makes it not ready, and is named", () => {
    const cases: [Partial<StatusInput>, string][] = [
      [{ parts: new Map() }, "No feed has reported yet"],
      [{ parts: parts(feed({ state: "offline", text: "Refused (451)" })) }, "feed:synthetic: Refused (451)"],
      [{ workers: [worker("gave_up")] }, "worker:aggregate: aggregate is gave_up"],
      [{ workers: [worker("restarting")] }, "worker:aggregate: aggregate is restarting"],
      [{ workers: [worker("starting")] }, "worker:aggregate: aggregate is starting"],
      [{ isSeeded: false }, "cache: Reading the log's newest part"],
      [{ troubles: ["Cannot read tape.bars: gone"] }, "cache: Cannot read tape.bars: gone"],
    ];
    for (const [input, problem] of cases) {
      const status = fold(input);
      expect(status.problems).toContain(problem);
      expect(status.ready).toBe(false);
    }
  });

  test("a spare feed that is away is a problem, and no reason to be unready", () => {
    const status = fold({ parts: parts(feed(), feed({ part: "feed:binance", state: "offline", text: "451" })) });
    expect(status.feed.provider).toBe("synthetic");
    expect(status.ready).toBe(true);
    expect(status.problems).toEqual(["feed:binance: 451"]);
  });

  test("lag is the slowest reader's", () => {
    const reader = (part: string, lag: number): PartStatus => feed({ part, lag, text: "reads" });
    expect(fold({ parts: parts(feed(), reader("aggregate", 5), reader("persist", 70)) }).lag).toBe(70);
  });
});
