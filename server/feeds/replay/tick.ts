import type { MarketRecord } from "../../../core/messages/index.ts";
import { BadLine, type InputKind, MarketReader } from "../../ndjson/market-line.ts";
import { RowReader } from "./rows.ts";

const PROVIDER = "replay";
const ORIGIN = "replay";
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;
/** A number below is seconds, then milliseconds, microseconds, nanoseconds: what each can say lies between 1973 and 5138. */
const SECONDS_BELOW = 1e11;
const MILLIS_BELOW = 1e14;
const MICROS_BELOW = 1e17;

/** What can be played. */
export const PLAYED: ReadonlySet<InputKind> = new Set<InputKind>(["trade", "quote", "book", "price"]);

/**
 * Lines of ticks → trades. A tick is `symbol`, `price` or `px`, `size` or `sz`, and `event_ts` (seconds) or `event_ms`;
 * our own records of what is played pass as they are. A header that names `columns` makes the arrays after it ticks too.
 */
export class TickReader {
  private readonly rows = new RowReader();
  private readonly market = new MarketReader(PLAYED);

  /** A trade as `decode` writes it, read quickly; null: anything else. */
  trade(line: Uint8Array): MarketRecord | null {
    const trade = this.market.trade(line);
    return trade === null ? null : { ...trade.record(), origin: ORIGIN };
  }

  /** Null: a header, or a record of another kind. Throws BadLine. */
  read(text: string): MarketRecord | null {
    const given = this.rows.read(text);
    if (given === null) return null;
    if (given.kind === undefined && isTick(given)) asTrade(given);
    const record = this.market.record(given);
    return record === null || record.kind === "bin" ? null : { ...record, origin: ORIGIN };
  }
}

const isTick = ({ event_ts, event_ms, ts_ms }: Readonly<Record<string, unknown>>): boolean =>
  event_ts !== undefined || event_ms !== undefined || ts_ms !== undefined;

/** In our own words. A tick without a size moves the price and adds no volume; one with a wrong size is refused. */
function asTrade(given: Record<string, unknown>): void {
  given.kind = "trade";
  given.provider ??= PROVIDER;
  given.price ??= given.px;
  given.size ??= given.sz ?? 0;
  given.ts_ms ??= timeOf(given);
}

function timeOf({ event_ms, event_ts }: Readonly<Record<string, unknown>>): unknown {
  // `event_ms` counts where both are there: it is `event_ts` made exact.
  const exact = numberOf(event_ms);
  if (exact !== null) return exact;
  if (typeof event_ts === "string" && ISO.test(event_ts)) return Date.parse(event_ts);
  const time = numberOf(event_ts);
  if (time === null) throw new BadLine("event_ts: no time");
  if (time < SECONDS_BELOW) return roundHalfEven(time * 1_000);
  if (time < MILLIS_BELOW) return time;
  // A double holds nanoseconds of today to a quarter of a microsecond: what is below a microsecond is not said.
  return (time < MICROS_BELOW ? time : Math.round(time / 1_000)) / 1_000;
}

function numberOf(value: unknown): number | null {
  if (typeof value === "string" && DECIMAL.test(value)) return Number(value);
  return typeof value === "number" ? value : null;
}

/** Halves go to the even neighbour, as who wrote the seconds has rounded. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
