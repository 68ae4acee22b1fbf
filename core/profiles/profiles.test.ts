import { describe, expect, test } from "bun:test";
import type { Quote, Signal, Trade } from "../messages/index.ts";
import { filesIn, hasShared, readText, SHARED } from "../test-support/shared.ts";
import { initProfiles, stepProfiles } from "./graph.ts";
import { FIXED_TOPICS, PROFILE_NAMES, type ProfileInput, profilesOf, type Written } from "./index.ts";
import { readEvent } from "./pipeline.ts";
import { subjectToken } from "./profile.ts";

const TOPICS = {
  prices: "prices",
  pricesDeadLetter: "prices-deadletter",
  news: "news",
  newsEnriched: "news-enriched",
  alerts: "alerts",
  summaries: "summaries",
};
const [narrator, pipeline, senpai] = profilesOf(PROFILE_NAMES, TOPICS);
const SENT_MS = Date.UTC(2025, 0, 2, 3, 4, 5, 250);

type Payload = Record<string, unknown>;
const payload = (out: Written): Payload => JSON.parse(out.text);
const only = (all: readonly Written[] | undefined): Written => {
  expect(all).toHaveLength(1);
  return all![0]!;
};

const trade: Trade = {
  ver: 1,
  kind: "trade",
  origin: "live",
  provider: "alpaca",
  symbol: "BRK.B",
  ts_ms: SENT_MS - 40.5,
  recv_ms: SENT_MS - 10,
  price: 425.15,
  size: 1200,
  side: null,
  trade_id: "183",
  seq: 183,
  event_id: "alpaca|BRK.B|2025-01-02T03:04:05.209500Z|183",
};
const quote: Quote = {
  ver: 1,
  kind: "quote",
  origin: "live",
  provider: "alpaca",
  symbol: "BRK.B",
  ts_ms: SENT_MS,
  seq: 0,
  event_id: "q",
  bid: 1,
  bid_size: 2,
  ask: null,
  ask_size: null,
};
const signal: Signal = {
  ver: 1,
  kind: "signal",
  origin: "live",
  id: "alpaca|BRK.B|t|vwap_cross_up",
  provider: "alpaca",
  symbol: "BRK.B",
  ts: "2025-01-02T03:04:05.000000Z",
  name: "vwap_cross_up",
  value: 1,
  score: 0.82,
  meta: { window: "1m" },
};

describe("pipeline", () => {
  test("a trade is an event with its own id, and comes back as the same trade", () => {
    const out = only(pipeline!.write(trade, SENT_MS));
    expect([out.topic, out.key]).toEqual(["mdp.events", "BRK.B"]);
    expect(payload(out)).toMatchObject({
      ver: 1,
      kind: "tick",
      src_ts: "2025-01-02T03:04:05.209500Z",
      ingest_ts: "2025-01-02T03:04:05.250000Z",
      c: 425.15,
      v: 1200,
      event_id: trade.event_id,
    });
    const { origin: _, side: __, trade_id: ___, ...same } = trade;
    expect(readEvent(payload(out))).toMatchObject({ ...same, recv_ms: SENT_MS });
  });

  test("a bar of theirs is a bin as long as its interval", () => {
    const bar = {
      ver: 1,
      provider: "ibkr",
      symbol: "SPY",
      kind: "bar",
      interval: "1m",
      src_ts: "2025-10-24T14:02:00Z",
      o: 1,
      h: 4,
      l: 1,
      c: 2,
      v: 10,
      event_id: "e",
    };
    const start = Date.UTC(2025, 9, 24, 14, 2);
    expect(readEvent(bar)).toMatchObject({
      kind: "bin",
      bin_id: `SPY-${start}`,
      end_ts_ms: start + 60_000,
      high: 4,
      volume: 10,
      notional: 20,
    });
    for (const wrong of [{ interval: "x" }, { interval: null }, { h: 1.5 }, { l: 3 }, { o: 0 }, { src_ts: "now" }])
      expect(() => readEvent({ ...bar, ...wrong })).toThrow();
  });

  test("what rules say goes here, long and short do not", () => {
    const out = only(pipeline!.write(signal, SENT_MS));
    expect(out.topic).toBe("mdp.signals");
    const { kind: _, id: __, origin: ___, ...v1 } = signal;
    expect(payload(out)).toEqual(v1);
    expect(pipeline!.write({ ...signal, direction: "long" } as Signal, SENT_MS)).toEqual([]);
  });
});

describe("senpai", () => {
  const subjects = (record: ProfileInput): string[] => senpai!.write(record, 0).map((out) => out.subject);

  test("a subject per kind and symbol, tokens escaped, no origin", () => {
    expect(subjects(trade)).toEqual(["md.events.trade.BRK%2EB"]);
    expect(subjects(quote)).toEqual(["md.events.quote.BRK%2EB"]);
    const book = { ...quote, kind: "book", symbol: "BTCUSDT", bids: [[1, 2]], asks: [], depth: 1, checksum_ok: null };
    const out = only(senpai!.write(book, 0));
    expect([out.subject, payload(out).kind]).toEqual(["md.events.book_l2.BTCUSDT", "book_l2"]);
    expect(payload(only(senpai!.write(trade, 0)))).toEqual(JSON.parse(JSON.stringify({ ...trade, origin: undefined })));
    const beat = { kind: "heartbeat", origin: "live", provider: "p", ts_ms: 1, reason: "clock" };
    expect(subjects(beat)).toEqual(["md.events.heartbeat.__system__"]);
    expect(subjects({ kind: "features", symbol: "A/B" } as ProfileInput)).toEqual(["senpai.features.A/B"]);
    expect(subjects({ ...signal, direction: "short" } as Signal)).toEqual(["senpai.signals.BRK%2EB"]);
    expect(subjects(signal)).toEqual([]);
    expect(subjects({ kind: "system_alert", id: "x", ts_ms: 1, reason: "latency", text: "t" } as ProfileInput)).toEqual(
      ["senpai.alerts"],
    );
    expect(["a.b", "*", "a>b", "50%", "x y", "plain-1_/:"].map(subjectToken)).toEqual([
      "a%2Eb",
      "%2A",
      "a%3Eb",
      "50%25",
      "x%20y",
      "plain-1_/:",
    ]);
  });

  test.skipIf(!hasShared)("these are the subjects the system's text lists", () => {
    const [file] = filesIn(`${SHARED}/seeds`, ".txt").filter((name) => name.startsWith("003"));
    const listed = [...readText(`${SHARED}/seeds/${file}`).matchAll(/^\| `((?:md|senpai)\.[\w.{}]+)` \|/gm)].map(
      (match) => match[1]!,
    );
    const ours = senpai!.topics.map(({ name }) =>
      name === "senpai.alerts" ? name : name.endsWith(".heartbeat") ? `${name}.__system__` : `${name}.{symbol}`,
    );
    expect(ours.sort()).toEqual(listed.sort());
  });
});

describe("over a partition of the tape", () => {
  const run = (records: readonly ProfileInput[], isFirstPartition: boolean): Written[] => {
    const out: Written[] = [];
    const state = initProfiles(null);
    for (const record of records)
      stepProfiles(state, { profiles: [senpai!], isFirstPartition }, record, 0, (one) => out.push(one));
    return out;
  };

  test("what concerns all symbols stands in every partition and is written once", () => {
    const beat = { kind: "heartbeat", provider: "p", ts_ms: 1, reason: "clock" };
    expect(run([beat, trade], true).map((out) => out.topic)).toEqual(["md.events.heartbeat", "md.events.trade"]);
    expect(run([beat, trade], false).map((out) => out.topic)).toEqual(["md.events.trade"]);
  });

  test("no two topics have one name", () => {
    const names = [...FIXED_TOPICS, ...narrator!.topics.map(({ name }) => name)];
    expect(new Set(names).size).toBe(names.length);
  });
});
