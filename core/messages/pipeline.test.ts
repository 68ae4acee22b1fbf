import { describe, expect, test } from "bun:test";
import { filesIn, hasShared, readText, SHARED } from "../test-support/shared.ts";
import {
  eventId,
  eventOfTrade,
  Features,
  fromSignalV1,
  Rolling,
  Signal,
  SignalV1,
  StreamEvent,
  signalId,
  signalTime,
  Trade,
  toSignalV1,
  tradeOfEvent,
} from "./index.ts";

const event = {
  ver: 1,
  provider: "ibkr_primary",
  symbol: "SPY",
  kind: "tick",
  interval: "1s",
  src_ts: "2025-10-24T14:02:01.234567Z",
  ingest_ts: "2025-10-24T14:02:01.300000Z",
  o: 425.1,
  h: 425.2,
  l: 425.0,
  c: 425.15,
  v: 1200,
  seq: 183,
  event_id: "ibkr_primary|SPY|2025-10-24T14:02:01.234567Z|183",
};
const signal = {
  ver: 1,
  provider: "ibkr_primary",
  symbol: "SPY",
  ts: "2025-10-24T14:02:02Z",
  name: "vwap_cross_up",
  value: 1,
  score: 0.82,
  meta: { window: "1m", price: 425.15 },
};

describe("Event v1", () => {
  test("is read as it is written, and nothing of it is optional by accident", () => {
    expect(StreamEvent.parse(event)).toEqual(event as StreamEvent);
    for (const field of ["provider", "symbol", "kind", "src_ts", "o", "h", "l", "c", "v", "event_id"] as const) {
      const { [field]: _, ...rest } = event;
      expect(StreamEvent.safeParse(rest).success).toBe(false);
    }
    for (const wrong of [{ src_ts: "soon" }, { kind: "quote" }, { c: 0 }, { c: Number.NaN }, { v: -1 }, { ver: 2 }])
      expect(StreamEvent.safeParse({ ...event, ...wrong }).success).toBe(false);
  });

  test("a tick is a trade, to the microsecond, and comes back with the same id on every hop", () => {
    const trade = Trade.parse(tradeOfEvent(StreamEvent.parse(event)));
    expect(trade).toMatchObject({ price: 425.15, size: 1200, seq: 183, event_id: event.event_id });
    expect(trade.event_id).toBe(eventId(trade.provider, trade.symbol, trade.ts_ms, trade.seq));
    const back = StreamEvent.parse(eventOfTrade(trade, trade.recv_ms ?? null));
    expect(back).toMatchObject({
      event_id: event.event_id,
      src_ts: event.src_ts,
      ingest_ts: event.ingest_ts,
      c: 425.15,
    });
    expect(tradeOfEvent(back)).toEqual(trade);
    expect(tradeOfEvent(StreamEvent.parse({ ...event, kind: "bar" }))).toBeNull();
  });
});

describe("Signal v1", () => {
  test("is read as it is written; ours adds kind and id and takes them off again", () => {
    expect(SignalV1.parse(signal)).toEqual(signal as SignalV1);
    const ours = Signal.parse(fromSignalV1(SignalV1.parse(signal)));
    expect(ours).toMatchObject({ kind: "signal", id: "ibkr_primary|SPY|2025-10-24T14:02:02Z|vwap_cross_up" });
    expect(toSignalV1({ ...ours, origin: "live", direction: "long" })).toEqual(signal as SignalV1);
    for (const wrong of [{ ts: "x" }, { value: "1" }, { name: "" }, { symbol: "" }])
      expect(SignalV1.safeParse({ ...signal, ...wrong }).success).toBe(false);
  });

  test("an id is a function of what the signal says", () => {
    expect(signalTime(1_700_000_000_000.25)).toBe("2023-11-14T22:13:20.000250Z");
    expect(signalId("p", "S", "t", "n")).toBe("p|S|t|n");
  });
});

test.skipIf(!hasShared)("the source system's own examples", () => {
  const [file] = filesIn(`${SHARED}/seeds`, ".txt").filter((name) => name.startsWith("002"));
  const blocks = [...readText(`${SHARED}/seeds/${file}`).matchAll(/```json\n([\s\S]*?)```/g)].map((m) =>
    JSON.parse(m[1]!),
  );
  const events = blocks.filter((block) => "event_id" in block);
  const signals = blocks.filter((block) => "score" in block);
  expect([events.length, signals.length]).toEqual([1, 1]);
  expect(StreamEvent.parse(events[0])).toEqual(events[0]);
  expect(SignalV1.parse(signals[0])).toEqual(signals[0]);
});

test("features and rolling: absent numbers are null, never missing", () => {
  const numbers = { mid: 1, spread_abs: null, spread_bps: null, trade_vwap_10s: 1, trade_vwap_60s: 1 };
  const more = { trade_count_10s: 1, trade_volume_10s: 1, return_10s: null, realized_vol_60s: null };
  const features = { kind: "features", provider: "p", symbol: "S", ts_ms: 1, ...numbers, ...more };
  expect(Features.safeParse({ ...features, latency_ms_p50: 1, latency_ms_p95: null }).success).toBe(true);
  expect(Features.safeParse({ ...features, latency_ms_p50: 1 }).success).toBe(false);
  const rolling = { kind: "rolling", provider: "p", symbol: "S", ts_ms: 1, price: 2, a_vwap: 2, a_vol: null };
  expect(Rolling.parse(rolling)).toEqual(rolling as Rolling);
  expect(Rolling.safeParse({ ...rolling, a_vol: [1] }).success).toBe(false);
});
