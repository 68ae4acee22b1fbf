import { z } from "zod";
import {
  Bar,
  Bin,
  Book,
  barId,
  eventId,
  Gap,
  Headline,
  Heartbeat,
  INTERVALS,
  intervalMs,
  type MarketRecord,
  MESSAGES,
  PriceRecord,
  Quote,
  Route,
  Trade,
} from "../../core/messages/index.ts";
import { readEvent } from "../../core/profiles/pipeline.ts";
import { readBin } from "../../core/profiles/replay.ts";
import { TradeLines } from "./trade-line.ts";

export type InputRecord = MarketRecord | Bin;
export type InputKind = InputRecord["kind"];

/** A line that is no record, and why. */
export class BadLine extends Error {}

const SCHEMAS: Readonly<Record<InputKind, z.ZodType<InputRecord>>> = {
  trade: Trade,
  quote: Quote,
  book: Book,
  heartbeat: Heartbeat,
  route: Route,
  gap: Gap,
  bar: Bar,
  bin: Bin,
  price: PriceRecord,
  headline: Headline,
};
/** What other commands make and other stages read. */
const PASSED_OVER = new Set([
  ...Object.keys(MESSAGES),
  "unknown",
  "book_update",
  "book_l2",
  "features",
  "rolling",
  "signal",
]);
/** Of records of ours and of other systems, whatever their kind: no other field of these names is a text. */
const NUMBERS = new Set([
  ...["ts_ms", "recv_ms", "price", "size", "seq", "bid", "bid_size", "ask", "ask_size", "o", "h", "l", "c", "v"],
  ...["start_ts_ms", "end_ts_ms", "last_ts_ms", "open", "high", "low", "close", "volume", "buy_volume", "notional"],
  ...["vwap", "trade_count", "bin_count", "revision", "max_late_ms", "max_lateness_ms", "watermark_ms"],
]);
const QUOTE_SIDES = ["bid", "bid_size", "ask", "ask_size"];
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const LONG_AGO = "1970-01-01T00:00:00Z";
const PROVIDER_UNKNOWN = "unknown";
const TIMES_REMEMBERED = 50_000;

/** Reads records as people and other tools write them: only the fields that are used need be there. */
export class MarketReader {
  private ordinals = new Map<string, number>();
  private olderOrdinals = new Map<string, number>();
  private readonly trades: TradeLines | null;

  constructor(private readonly reads: ReadonlySet<InputKind>) {
    this.trades = reads.has("trade") ? new TradeLines() : null;
  }

  /** Null: a record, but of a kind that is not read here. */
  read(text: string): InputRecord | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new BadLine("it is no JSON");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new BadLine("it is no JSON object");
    return this.record(value as Record<string, unknown>);
  }

  /** Nearly every line of a recording; null: it is something else, or has to be read with more care. */
  trade(line: Uint8Array): TradeLines | null {
    return this.trades?.read(line) === true ? this.trades : null;
  }

  /** The same for a line that has been taken apart already; `given` is filled up. */
  record(line: Record<string, unknown>): InputRecord | null {
    asNumbers(line);
    const given = ofOtherSystem(line);
    given.kind ??= bareKind(given);
    const { kind } = given;
    if (typeof kind !== "string") throw new BadLine("it has no kind");
    if (!this.reads.has(kind as InputKind)) {
      if (PASSED_OVER.has(kind)) return null;
      throw new BadLine(`kind "${kind.slice(0, 40)}" is not known`);
    }
    if (kind === "trade" || kind === "quote") this.complete(given);
    else if (kind === "bar") completeBar(given);
    else if (kind === "headline") completeHeadline(given);
    const parsed = SCHEMAS[kind as InputKind].safeParse(given);
    if (!parsed.success) throw new BadLine(issueOf(parsed.error));
    if (parsed.data.kind === "trade") this.trades?.learn(parsed.data);
    return parsed.data;
  }

  private complete(given: Record<string, unknown>): void {
    given.provider ??= PROVIDER_UNKNOWN;
    if (given.kind === "quote") for (const name of QUOTE_SIDES) given[name] ??= null;
    given.trade_id = idOf(given.trade_id);
    const { provider, symbol, ts_ms, trade_id } = given;
    if (typeof symbol !== "string" || typeof ts_ms !== "number" || !(ts_ms >= 0 && ts_ms <= 8.64e15)) return;
    if (given.seq === undefined) {
      const isCounted = typeof trade_id === "string" && /^\d{1,15}$/.test(trade_id);
      given.seq = isCounted ? Number(trade_id) : this.ordinal(`${provider}|${symbol}`, ts_ms);
    }
    const seq = given.seq as number;
    const place = isExact(seq) ? seq : this.ordinal(`${provider}|${symbol}`, ts_ms);
    given.event_id ??= eventId(String(provider), symbol, ts_ms, (trade_id as string | null | undefined) ?? place);
  }

  /** Its place among the records of its symbol and time: without ids, two alike are two trades. */
  private ordinal(series: string, ts_ms: number): number {
    const key = `${series}|${ts_ms}`;
    const ordinal = this.ordinals.get(key) ?? this.olderOrdinals.get(key) ?? 0;
    this.ordinals.set(key, ordinal + 1);
    if (this.ordinals.size > TIMES_REMEMBERED) {
      this.olderOrdinals = this.ordinals;
      this.ordinals = new Map();
    }
    return ordinal;
  }
}

/** Records of `mdp.events` and `ticks.raw` in our words; any other as it is. */
function ofOtherSystem(given: Record<string, unknown>): Record<string, unknown> {
  const isBin = given.kind === undefined && given.bin_id !== undefined;
  const read = given.src_ts !== undefined ? readEvent : isBin ? readBin : null;
  if (read === null) return given;
  try {
    return { ...read(given) };
  } catch (cause) {
    throw new BadLine(cause instanceof z.ZodError ? issueOf(cause) : (cause as Error).message);
  }
}

function issueOf({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join(".") ?? "record"}: ${issue?.message ?? "not as it should be"}`;
}

/** The source systems' topics `prices`, `news` and `ticks.agg.1s` say by their name what their records are. */
function bareKind(given: Readonly<Record<string, unknown>>): InputKind | undefined {
  if (given.bar_id !== undefined) return "bar";
  if (given.time === undefined) return undefined;
  if (given.price !== undefined) return "price";
  return given.title === undefined ? undefined : "headline";
}

/** Venues write numbers as texts. */
function asNumbers(given: Record<string, unknown>): void {
  for (const name in given) {
    const value = given[name];
    if (typeof value === "string" && NUMBERS.has(name) && DECIMAL.test(value)) given[name] = Number(value);
  }
}

/** A larger number stands for several: what it names was lost when the line was read. */
const isExact = (n: number): boolean => Math.abs(n) <= Number.MAX_SAFE_INTEGER;

/** A trade's own id; an empty one is none, and so is one that others may share. */
function idOf(given: unknown): unknown {
  if (typeof given === "number") return isExact(given) ? String(given) : null;
  return given === "" ? null : given;
}

/** Bars of other makers say less; what they leave out is nothing that prices and volume depend on. */
function completeBar(given: Record<string, unknown>): void {
  const { start_ts_ms, end_ts_ms } = given;
  if (typeof start_ts_ms === "number" && typeof end_ts_ms === "number")
    given.interval ??= nameOf(end_ts_ms - start_ts_ms);
  const { symbol, interval, volume, notional, close } = given;
  given.provider ??= PROVIDER_UNKNOWN;
  given.bar_id ??= barId(String(symbol), Number(start_ts_ms), String(interval));
  given.max_late_ms ??= given.max_lateness_ms;
  for (const name of ["revision", "notional", "trade_count", "bin_count", "buy_volume", "max_late_ms"])
    given[name] ??= 0;
  given.vwap ??= Number(volume) > 0 && Number(notional) > 0 ? Number(notional) / Number(volume) : close;
  given.final ??= true;
  given.partial ??= false;
}

const nameOf = (length_ms: number): string =>
  INTERVALS.find((name) => intervalMs(name) === length_ms) ?? `${length_ms}ms`;

/** A piece of news is its title; one that says no time is nobody's news of today, so it is told as that of long ago. */
function completeHeadline(given: Record<string, unknown>): void {
  const { title, source, url } = given;
  given.time ??= LONG_AGO;
  given.revision ??= 0;
  given.source ??= "";
  given.id ??= Bun.hash(String(url ?? `${source ?? ""}|${title}|${given.time}`)).toString(36);
}
