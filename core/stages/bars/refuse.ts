import type { Bar } from "../../messages/bar.ts";
import type { Bin } from "../../messages/bin.ts";
import type { DeadLetter } from "../../messages/dead-letter.ts";
import type { Quote } from "../../messages/quote.ts";
import type { Trade } from "../../messages/trade.ts";

const RAW_MAX = 16_384;

type Refusable = Trade | Quote | Bin | Bar;

function idOf(record: Refusable): string {
  switch (record.kind) {
    case "trade":
    case "quote":
      return record.event_id;
    case "bin":
      return record.bin_id;
    case "bar":
      return `${record.bar_id}|${record.revision}`;
  }
}

const timeOf = (record: Refusable): number => ("ts_ms" in record ? record.ts_ms : record.start_ts_ms);

/** A record that enters nothing is kept, with the reason; the same record refused again has the same id. */
export function deadLetter(where: string, record: Refusable, reason: string, detail: string): DeadLetter {
  const ts_ms = timeOf(record);
  return {
    kind: "dead_letter",
    ...(record.origin === undefined ? {} : { origin: record.origin }),
    id: `${where}|${reason}|${idOf(record)}`,
    where,
    reason,
    detail,
    symbol: record.symbol,
    ts_ms: ts_ms >= 0 && ts_ms <= 8.64e15 ? ts_ms : null,
    raw: JSON.stringify(record).slice(0, RAW_MAX),
  };
}
