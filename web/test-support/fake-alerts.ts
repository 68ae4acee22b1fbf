import type { Alert } from "../../core/messages/alert.ts";
import type { Evidence } from "../../core/messages/evidence.ts";

export function makeEvidence(values: Partial<Evidence> = {}): Evidence {
  return {
    rule: "fixed",
    rules: ["fixed"],
    provider: "synthetic",
    from: null,
    to: null,
    peak: null,
    window_ms: 60_000,
    limit: null,
    rarity: null,
    z: null,
    crossing: [],
    trades_10s: 0,
    orders_10s: 0,
    side_share: null,
    volume: null,
    spread_bps: null,
    benchmark: null,
    headlines: null,
    baseline: "known",
    data: { complete: true, latency_ms: null, missing: null },
    bad_prints: 0,
    ...values,
  };
}

export function makeAlert(values: Partial<Alert> & Pick<Alert, "id">): Alert {
  const start_ms = values.start_ms ?? 1_790_000_000_000;
  return {
    revision: 0,
    kind: "move",
    severity: "alert",
    state: "open",
    time: new Date(start_ms).toISOString(),
    start_ms,
    updated_ms: start_ms,
    symbol: "SOLUSDT",
    window: "1m",
    direction: "up",
    ret: 0.0621,
    threshold: 0.05,
    title: "▲ SOLUSDT +6.21 % in 48 s, volume 40× normal",
    summary: "From 148.22 to 157.42 on synthetic. Largest 1m move in 7 days. No headline about SOL in the last 15 min.",
    summary_source: "template",
    evidence: makeEvidence(),
    ...values,
  };
}

/** A few alerts of every look, the newest first. */
export function fakeAlerts(now_ms: number): readonly Alert[] {
  const start = now_ms - 95_000;
  const crossing = Array.from({ length: 6 }, (_, i) => ({
    ts_ms: start + 40_000 + i * 1_500,
    price: 155.7 + i * 0.31,
    size: 12.5,
    side: "buy" as const,
    trade_id: `${i}`,
  }));
  const members = ["BTCUSDT", "ETHUSDT", "XRPUSDT", "ADAUSDT", "LINKUSDT", "DOGEUSDT"];
  return [
    makeAlert({
      id: `SOLUSDT:up:${start}`,
      start_ms: start,
      updated_ms: start + 4_000,
      severity: "critical",
      state: "escalated",
      revision: 2,
      headline: "Solana validators ship a faster client",
      sentiment: 0.71,
      evidence: makeEvidence({
        from: { price: 148.22, ts_ms: start },
        to: { price: 157.42, ts_ms: start + 48_000 },
        limit: 0.05,
        rarity: "largest 1m move in 7 days",
        crossing,
        ...{ trades_10s: 31, orders_10s: 12, side_share: 0.83, spread_bps: 1.4 },
        volume: { window_s: 10, side_volume: 1_250, mean: 31, factor: 40.3 },
        benchmark: { symbol: "BTCUSDT", window: "1m", ret: 0.0011 },
      }),
    }),
    makeAlert({
      id: `*:down:${start - 600_000}`,
      kind: "market",
      symbol: "*",
      symbols: members,
      direction: "down",
      ret: -0.056,
      start_ms: start - 600_000,
      updated_ms: start - 540_000,
      state: "over",
      title: "▼ 6 symbols −5.6 % within 40 s",
      summary: "BTC, ETH, XRP, ADA, LINK and DOGE fell together on 30× volume; half was given back within 4 min.",
      evidence: makeEvidence({
        rule: "market",
        rules: ["market"],
        members: members.map((symbol, i) => ({ id: symbol, symbol, ret: -0.05 - i / 1_000, time_ms: start - 600_000 })),
      }),
    }),
    makeAlert({
      id: `ETHUSDT:down:${start - 2_400_000}`,
      symbol: "ETHUSDT",
      severity: "notice",
      direction: "down",
      ret: -0.0512,
      window: "15m",
      start_ms: start - 2_400_000,
      updated_ms: start - 2_000_000,
      state: "over",
      title: "▼ ETHUSDT −5.12 % in 15 min",
      summary: "From 3 590.10 to 3 406.30. Volume 1.4× normal.",
    }),
  ];
}
