import type { MarketRecord } from "../../../core/messages/index.ts";
import { parseIso } from "../../../core/text/time.ts";

/** A place in the source: so many records from its start. */
export interface Place {
  readonly count: number;
  /** Of the last of them: another source is told by it. */
  readonly last_id: string | null;
  /** Nothing comes after. */
  readonly ended: boolean;
  readonly symbols: readonly { readonly symbol: string; readonly decimals: number }[];
}

export interface Reached extends Place {
  /** Ids of records behind it that were handed on too. */
  readonly known: ReadonlySet<string>;
}

/** The same record of a recording, the same id: by it, what was handed on before is known. */
export const idOf = (record: MarketRecord): string =>
  "event_id" in record
    ? record.event_id
    : `${record.kind}|${"symbol" in record ? record.symbol : ""}|${timeOf(record)}`;

export function timeOf(record: MarketRecord): number {
  if ("ts_ms" in record) return record.ts_ms;
  return "time" in record ? parseIso(record.time) : 0;
}

export const recvOf = (record: MarketRecord): number | undefined => ("recv_ms" in record ? record.recv_ms : undefined);
