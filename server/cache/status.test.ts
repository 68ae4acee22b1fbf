import { describe, expect, test } from "bun:test";
import { type PartStatus, Status } from "../../core/messages/index.ts";
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
      bad_prints: 1,
      gaps_open: 2,
      gaps_lost: 1,
      dead_letters: { price: 3 },
      newest_ts_ms: T0 - 200,
    });
  });

  test("a part that falls silent is stale and says for how long", () => {
    const status = fold({ now_ms: T0 + 7_400 });
    expect(status.feed.state).toBe("stale");
    expect(status.feed.text).toStartWith("Silent for 7 s");
    expect(status.problems).toHaveLength(1);
    expect(status.ready).toBe(true);
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
