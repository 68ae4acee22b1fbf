import { expect, test } from "bun:test";
import { GATE_SETTINGS } from "../gate/index.ts";
import { Alert, type MarketRecord, Trade } from "../messages/index.ts";
import { TOPICS } from "../topics.ts";
import { gateGraph } from "./gate.ts";
import { marketGraph } from "./market.ts";
import { GRAPH_DEFAULTS, type GraphSettings } from "./settings.ts";

const T0 = 1_763_683_200_000;

/** A rise of 6 % within a minute, confirmed by a few trades, then calm. */
const tape: MarketRecord[] = [100, 100, 100, 106, 106, 106, 106, 106, 106].map((price, i) =>
  Trade.parse({
    kind: "trade",
    origin: "synthetic",
    provider: "venue",
    symbol: "XUSDT",
    ts_ms: T0 + i * 1_500,
    price,
    size: 1,
    side: "buy",
    seq: i + 1,
    trade_id: String(i + 1),
    event_id: `venue|XUSDT|${i}`,
  }),
);

function alertsOf(mode: GraphSettings["anomaly_mode"]): { alerts: Alert[]; anomalies: number } {
  const market = marketGraph.init({ ...GRAPH_DEFAULTS, anomaly_mode: mode });
  const gate = gateGraph.init(GATE_SETTINGS);
  const alerts: Alert[] = [];
  let anomalies = 0;
  for (const record of tape) {
    marketGraph.step(market, record, (topic, out) => {
      if (topic === TOPICS.anomalies.name) anomalies++;
      if (topic !== TOPICS.candidates.name) return;
      gateGraph.step(gate, out as never, (_topic, alert) => alerts.push(Alert.parse(alert)));
    });
  }
  return { alerts, anomalies };
}

test("ANOMALY_MODE=classic: the source system's decisions become the alerts, said once, well formed", () => {
  const { alerts, anomalies } = alertsOf("classic");
  expect(alerts.map(({ id }) => id)).toEqual(["2025-11-21T00:00:04.500000+00:00:XUSDT:1m"]);
  expect(anomalies).toBe(1);
  expect(alerts[0]).toMatchObject({ direction: "up", window: "1m", threshold: 0.05, state: "open", severity: "alert" });
  expect(alerts[0]?.summary).toStartWith("XUSDT moved 6.00% up over 1m.");
});

test("ANOMALY_MODE=adaptive: excursions are the alerts, and the classic decisions are kept beside them", () => {
  const { alerts, anomalies } = alertsOf("adaptive");
  expect(anomalies).toBe(1);
  expect(alerts[0]?.id).toMatch(/^XUSDT:up:\d+$/);
});
