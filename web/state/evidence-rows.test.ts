import { expect, test } from "bun:test";
import { Alert } from "../../core/messages/alert.ts";
import { fakeAlerts, makeAlert, makeEvidence } from "../test-support/fake-alerts.ts";
import { evidenceRows, knownPoints, limitPrices } from "./evidence-rows.ts";

const T = "\u2009";
const T0 = 1_790_000_000_000;

test("the made-up alerts of the tests are alerts as the contract says", () => {
  for (const alert of fakeAlerts(T0)) expect(Alert.parse(alert)).toEqual(alert);
});

test("numbers get names and units", () => {
  const rows = new Map(
    evidenceRows(
      makeAlert({
        id: "a",
        evidence: makeEvidence({
          rules: ["fixed", "my own"],
          limit: 0.05,
          window_ms: 60_000,
          volume: { window_s: 10, side_volume: 1_250, mean: 31, factor: 40.3 },
          ...{ trades_10s: 31, orders_10s: 12, side_share: 0.83, spread_bps: 1.4 },
          benchmark: { symbol: "BTCUSDT", window: "1m", ret: 0.0011 },
          data: { complete: true, latency_ms: 41, missing: null },
        }),
      }),
      2,
    ),
  );
  expect(Object.fromEntries(rows)).toMatchObject({
    Rule: "fixed limit, my own",
    Move: `+6.21${T}%`,
    Limit: `+5.00${T}%`,
    Window: `1${T}min 00${T}s`,
    "Volume of this side": `1.25${T}k in 10${T}s, 40× normal`,
    "Last 10 s": "31 trades, 12 orders",
    "Share of this side": `83${T}%`,
    Spread: `1.40${T}bps`,
    "Beside it": `BTCUSDT +0.11${T}% in 1m`,
    Data: "complete",
    Latency: `41${T}ms`,
  });
});

test("what is not known is left out, and what is missing is said", () => {
  const names = (values: Parameters<typeof makeEvidence>[0]) =>
    evidenceRows(makeAlert({ id: "a", evidence: makeEvidence(values) }), 2).map(([name]) => name);
  expect(names({})).toEqual(["Rule", "Move", "Limit", "Window", "Normal range", "Data"]);
  const gap = makeEvidence({
    data: { complete: false, latency_ms: null, missing: "4 s of trades" },
    baseline: "learning",
  });
  const rows = Object.fromEntries(evidenceRows(makeAlert({ id: "a", evidence: gap }), 2));
  expect(rows).toMatchObject({ Data: "4 s of trades", "Normal range": "not known yet, under 12 h of history" });
});

test("whose word the normal range is, and that only minutes were seen", () => {
  const rows = (values: Parameters<typeof makeEvidence>[0]) =>
    Object.fromEntries(evidenceRows(makeAlert({ id: "a", evidence: makeEvidence(values) }), 2));
  expect(rows({ baseline_source: "candles" })["Normal range"]).toBe("known, from the venue's candles");
  expect(rows({ baseline_source: "trades" })["Normal range"]).toBe("known, from trades seen here");
  expect(rows({ baseline_source: null, resolution: "trades" })).toMatchObject({ "Normal range": "known" });
  expect(rows({ resolution: "1m" })["Seen in"]).toStartWith("1-minute candles");
});

test("the limit is a price on the side of the move", () => {
  const from = { price: 100, ts_ms: T0 };
  const evidence = makeEvidence({ from, limit: 0.05 });
  expect(limitPrices(makeAlert({ id: "a", direction: "up", evidence }))[0]).toBeCloseTo(105, 9);
  expect(limitPrices(makeAlert({ id: "a", direction: "down", evidence }))[0]).toBeCloseTo(95, 9);
  expect(limitPrices(makeAlert({ id: "a", direction: null, evidence }))).toEqual([]);
  expect(limitPrices(makeAlert({ id: "a", evidence: makeEvidence({ from: null }) }))).toEqual([]);
});

test("the known points are in order of time", () => {
  const at = (s: number, price: number) => ({ ts_ms: T0 + s, price });
  const crossing = [{ ...at(3, 106), size: 1, side: "buy" as const, trade_id: null }];
  const evidence = makeEvidence({ from: at(0, 100), to: at(4, 107), peak: at(2, 109), crossing });
  expect(knownPoints(makeAlert({ id: "a", evidence }))).toEqual([
    [T0, 100],
    [T0 + 2, 109],
    [T0 + 3, 106],
    [T0 + 4, 107],
  ]);
});
