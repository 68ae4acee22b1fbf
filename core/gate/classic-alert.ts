import { intervalMs } from "../messages/bar.ts";
import type { Alert, Anomaly } from "../messages/index.ts";
import { parseIso } from "../text/time.ts";

/**
 * A decision of the source systems as an alert, for those who set ANOMALY_MODE=classic: said once, with their text. What
 * those rules do not look at (volume, orders, the trades themselves) is null in its evidence, never zero.
 */
export function classicStatement(row: Anomaly): Alert {
  const ts_ms = parseIso(row.time);
  const window_ms = intervalMs(row.window_name) ?? 1;
  return {
    kind: "move",
    ...(row.origin === undefined ? {} : { origin: row.origin }),
    id: row.event_id,
    revision: row.revision,
    severity: "alert",
    state: "open",
    time: new Date(ts_ms).toISOString(),
    start_ms: ts_ms - window_ms,
    updated_ms: ts_ms,
    symbol: row.symbol,
    window: row.window_name,
    direction: row.direction,
    ret: row.return_value,
    threshold: row.threshold,
    title: `${row.direction === "up" ? "▲" : "▼"} ${row.symbol} over its limit in ${row.window_name}`,
    summary: row.summary ?? "",
    summary_source: "template",
    headline: row.headline,
    sentiment: row.sentiment,
    evidence: {
      rule: "classic",
      rules: ["classic"],
      provider: null,
      from: null,
      to: null,
      peak: null,
      window_ms,
      limit: row.threshold,
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
      baseline: "learning",
      data: { complete: true, latency_ms: null, missing: null },
      bad_prints: 0,
    },
  };
}
