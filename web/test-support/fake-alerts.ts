import type { AlertRecord } from "../state/alert-record.ts";

export function makeAlert(values: Partial<AlertRecord> & Pick<AlertRecord, "id">): AlertRecord {
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
    evidence: null,
    ...values,
  };
}

/** A few alerts of every look, the newest first. */
export function fakeAlerts(now_ms: number): readonly AlertRecord[] {
  const start = now_ms - 95_000;
  const prices = Array.from({ length: 60 }, (_, i): [number, number] => [
    start - 60_000 + i * 1_500,
    148.2 + (i < 30 ? Math.sin(i) * 0.1 : (i - 30) * 0.31),
  ]);
  return [
    makeAlert({
      id: `SOLUSDT:up:${start}`,
      start_ms: start,
      updated_ms: start + 4_000,
      severity: "critical",
      state: "escalated",
      revision: 2,
      headline: { title: "Solana validators ship a faster client", source: "Wire", sentiment: 0.71 },
      evidence: {
        prices,
        thresholds: [155.63],
        trades: prices.slice(54).map(([ts_ms, price]) => ({ ts_ms, price, size: 12.5 })),
        volume_ratio: 40.2,
        buyer_share: 0.83,
        spread_bps: 1.4,
        btc_return: 0.0011,
      },
    }),
    makeAlert({
      id: `*:down:${start - 600_000}`,
      kind: "market",
      symbol: "*",
      symbols: ["BTCUSDT", "ETHUSDT", "XRPUSDT", "ADAUSDT", "LINKUSDT", "DOGEUSDT"],
      direction: "down",
      ret: -0.056,
      start_ms: start - 600_000,
      updated_ms: start - 540_000,
      state: "over",
      title: "▼ 6 symbols −5.6 % within 40 s",
      summary: "BTC, ETH, XRP, ADA, LINK and DOGE fell together on 30× volume; half was given back within 4 min.",
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
