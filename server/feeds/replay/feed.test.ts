import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { GRAPH_DEFAULTS } from "../../../core/graph/settings.ts";
import { Heartbeat, type MarketRecord, PartStatus, Trade } from "../../../core/messages/index.ts";
import type { FeedSink } from "../../../core/ports/feed.ts";
import { bars } from "../../../core/stages/bars/index.ts";
import { tickServer } from "../../../testkit/ticks/server.ts";
import { fakeClock } from "../test-support/fake-clock.ts";
import { createReplayFeed, type ReplayFeedOptions } from "./feed.ts";
import type { Place } from "./place.ts";

const T0 = 1_700_000_000_000;
const dir = mkdtempSync(join(tmpdir(), "tapebell-replay-feed-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const tick = (ms: number, over: object = {}): string =>
  `${JSON.stringify({ symbol: "X", event_ms: T0 + ms, px: 100.25, sz: 1, ...over })}\n`;
let files = 0;
const file = (text: string): string => {
  const path = join(dir, `${files++}.ndjson`);
  writeFileSync(path, text);
  return path;
};

class Heard implements FeedSink {
  readonly records: MarketRecord[] = [];
  readonly batches: number[] = [];
  readonly statuses: PartStatus[] = [];
  readonly rejected: string[] = [];
  hold: Promise<void> | null = null;

  async emit(records: readonly MarketRecord[]): Promise<void> {
    this.records.push(...records);
    this.batches.push(records.length);
    if (this.hold !== null) await this.hold;
  }

  status(status: PartStatus): void {
    this.statuses.push(PartStatus.parse(status));
  }

  reject(reason: string, detail: string, raw: string): void {
    this.rejected.push(`${reason} | ${detail} | ${raw}`);
  }

  states = (): string[] => this.statuses.map((status) => status.state);
  trades = (): Trade[] => this.records.filter((record) => record.kind === "trade");
}

function feedOf(source: string, over: Partial<ReplayFeedOptions> = {}) {
  return createReplayFeed({
    source,
    speed: null,
    late_ms: 500,
    clock: fakeClock(),
    stdin: Readable.from([]),
    ...over,
  });
}
const never = () => new AbortController().signal;

describe("the replay feed", () => {
  test("sends each trade once, in order, then moves time past its lateness and ends", async () => {
    const heard = new Heard();
    const feed = feedOf(file(tick(0) + tick(5, { symbol: "Y", px: "1.5" }) + tick(3)));
    await feed.run(heard, never());
    expect(heard.trades().map(({ symbol, ts_ms, origin }) => [symbol, ts_ms - T0, origin])).toEqual([
      ["X", 0, "replay"],
      ["Y", 5, "replay"],
      ["X", 3, "replay"],
    ]);
    for (const trade of heard.trades()) Trade.parse(trade);
    expect(heard.records.at(-1)).toEqual({
      kind: "heartbeat",
      origin: "replay",
      provider: "replay",
      ts_ms: T0 + 505,
      reason: "clock",
    });
    Heartbeat.parse(heard.records.at(-1));
    expect([feed.symbols(), heard.states()]).toEqual([
      [
        { symbol: "X", decimals: 2 },
        { symbol: "Y", decimals: 1 },
      ],
      ["starting", "live", "ended"],
    ]);
  });

  test("every second that has ended by the newest tick is a final bar", async () => {
    const heard = new Heard();
    await feedOf(file(tick(0) + tick(1_900) + tick(2_000))).run(heard, never());
    const state = bars.init({ ...GRAPH_DEFAULTS, intervals: ["1s"], forming_ms: 0 });
    const finals: string[] = [];
    for (const record of heard.records) {
      bars.step(state, record, (out) => out.kind === "bar" && out.final && finals.push(out.bar_id));
    }
    expect(finals).toEqual([`X-${T0}`, `X-${T0 + 1_000}`]);
  });

  test("bad lines are rejected with their line, the others go on", async () => {
    const heard = new Heard();
    await feedOf(file(`${tick(0)}rubbish\n${tick(1)}`)).run(heard, never());
    expect(heard.trades()).toHaveLength(2);
    expect(heard.rejected).toHaveLength(1);
    expect(heard.rejected[0]).toContain("line 2 of");
    expect(heard.statuses.at(-1)?.counters).toEqual({ lines: 3, trades: 2, bad_lines: 1 });
  });

  test("a slow sink holds the reading back: never more than a batch ahead", async () => {
    const heard = new Heard();
    const hold = Promise.withResolvers<void>();
    heard.hold = hold.promise;
    const text = Array.from({ length: 3_000 }, (_, i) => tick(i)).join("");
    const running = feedOf(file(text)).run(heard, never());
    while (heard.batches.length === 0) await Bun.sleep(1);
    for (let i = 0; i < 20; i++) await Bun.sleep(1);
    expect(heard.batches).toEqual([500]);
    hold.resolve();
    await running;
    expect(heard.trades()).toHaveLength(3_000);
    expect(Math.max(...heard.batches)).toBeLessThanOrEqual(500);
  });

  test("paced, a tick goes out when its time has come; a long pause is passed over", async () => {
    const heard = new Heard();
    const clock = fakeClock();
    const running = feedOf(file(tick(0) + tick(1_000) + tick(200_000) + tick(201_000)), { speed: 2, clock }).run(
      heard,
      never(),
    );
    const reached = async (n: number) => {
      while (heard.trades().length < n) await Bun.sleep(1);
      for (let i = 0; i < 5; i++) await Bun.sleep(1);
      return heard.trades().length;
    };
    expect(await reached(1)).toBe(1);
    await clock.advance(499);
    expect(heard.states()).toEqual(["starting", "live"]);
    expect(await reached(1)).toBe(1);
    await clock.advance(1);
    expect(await reached(3)).toBe(3);
    await clock.advance(500);
    await running;
    expect(heard.trades()).toHaveLength(4);
    expect(heard.states()).toEqual(["starting", "live", "live", "ended"]);
  });

  test("stopped while it waits: it ends, and says no end of the recording", async () => {
    const heard = new Heard();
    const stop = new AbortController();
    const running = feedOf(file(tick(0) + tick(50_000)), { speed: 1 }).run(heard, stop.signal);
    while (heard.trades().length < 1) await Bun.sleep(1);
    stop.abort();
    await running;
    expect(heard.records).toHaveLength(1);
    expect(heard.states()).not.toContain("ended");
  });

  test("goes on where an earlier run was, past what that run had handed on besides", async () => {
    const text = Array.from({ length: 1_200 }, (_, i) => tick(i)).join("");
    const places: Place[] = [];
    const reached = async (place: Place) => void places.push(place);
    const whole = new Heard();
    await feedOf(file(text), { reached }).run(whole, never());
    expect(places.map(({ count, ended }) => [count, ended])).toEqual([
      [500, false],
      [1_000, false],
      [1_200, false],
      [1_200, true],
    ]);
    const known = new Set(
      whole
        .trades()
        .slice(500, 612)
        .map(({ event_id }) => event_id),
    );
    const rest = new Heard();
    await feedOf(file(text), { resume: { ...places[0]!, known } }).run(rest, never());
    expect(rest.trades()).toEqual(whole.trades().slice(612));
    const none = new Heard();
    await feedOf("/nowhere", { resume: { ...places[3]!, known } }).run(none, never());
    expect([none.records, none.states(), none.statuses[0]?.symbols]).toEqual([
      [],
      ["ended"],
      [{ symbol: "X", decimals: 2 }],
    ]);
    // Another source under the same name, and one that has become shorter.
    for (const other of [tick(7) + text, tick(0)])
      await expect(feedOf(file(other), { resume: { ...places[0]!, known } }).run(new Heard(), never())).rejects.toThrow(
        "not what was replayed before",
      );
  });

  test("a source that breaks off fails, after what was whole has been sent, and asks nobody to close a bar", async () => {
    const heard = new Heard();
    const gone = Promise.withResolvers<void>();
    const server = await tickServer([{ send: tick(0) + tick(1) }, { until: gone.promise }, { cut: true }]);
    const running = feedOf(server.url).run(heard, never());
    while (heard.trades().length < 2) await Bun.sleep(1);
    gone.resolve();
    await expect(running).rejects.toThrow("broke off");
    expect(heard.records.map((record) => record.kind)).toEqual(["trade", "trade"]);
    expect(heard.states().at(-1)).toBe("failed");
    expect(server.asked).toHaveLength(1);
    await server.stop();
  });
});
