import { eq, or, sql } from "drizzle-orm";
import type { Alert, Signal } from "../../core/messages/index.ts";
import type { Page } from "../../core/ports/store.ts";
import type { Reads } from "../database.ts";
import { alerts, signals } from "../schema/index.ts";
import { epochMs } from "../sql/time.ts";
import { upsertsOf } from "../sql/upsert.ts";
import { newestFirst } from "./pages.ts";

export const alertsUpsert = upsertsOf<Alert>().into(alerts, {
  values: {
    id: (alert) => alert.id,
    revision: (alert) => alert.revision,
    time: (alert) => epochMs(alert.time),
    symbol: (alert) => alert.symbol,
    kind: (alert) => alert.kind,
    severity: (alert) => alert.severity,
    state: (alert) => alert.state,
    payload: (alert) => alert,
  },
  key: ["id"],
  wins: "excluded.revision > t.revision",
  compare: (a, b) => a.revision - b.revision,
});

export async function readAlerts(
  reads: Reads,
  query: { symbol?: string; limit: number; before?: string },
): Promise<Page<Alert>> {
  const { symbol } = query;
  const concerns =
    symbol === undefined
      ? undefined
      : or(
          eq(alerts.symbol, symbol),
          sql`${alerts.symbol} = '*' AND ${alerts.payload}->'symbols' @> to_jsonb(${symbol}::text)`,
        );
  const page = await newestFirst<{ payload: Alert }>(
    reads,
    { table: alerts, columns: { payload: alerts.payload }, time: alerts.time, id: alerts.id, where: [concerns] },
    query,
  );
  return { items: page.items.map((row) => row.payload), next: page.next };
}

export async function readAlert(reads: Reads, id: string): Promise<Alert | null> {
  const rows = await reads.select({ payload: alerts.payload }).from(alerts).where(eq(alerts.id, id)).limit(1);
  return (rows[0]?.payload as Alert | undefined) ?? null;
}

export const signalsUpsert = upsertsOf<Signal>().into(signals, {
  values: {
    id: (signal) => signal.id,
    time: (signal) => epochMs(signal.ts),
    symbol: (signal) => signal.symbol,
    name: (signal) => signal.name,
    payload: (signal) => signal,
  },
  key: ["id"],
});

export async function readSignals(
  reads: Reads,
  query: { symbol?: string; limit: number; before?: string },
): Promise<Page<Signal>> {
  const page = await newestFirst<{ payload: Signal }>(
    reads,
    {
      table: signals,
      columns: { payload: signals.payload },
      time: signals.time,
      id: signals.id,
      where: [query.symbol === undefined ? undefined : eq(signals.symbol, query.symbol)],
    },
    query,
  );
  return { items: page.items.map((row) => row.payload), next: page.next };
}
