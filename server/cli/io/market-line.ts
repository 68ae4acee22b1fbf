import type { z } from "zod";
import {
  Bar,
  Bin,
  eventId,
  Gap,
  Heartbeat,
  type MarketRecord,
  MESSAGES,
  Quote,
  Route,
  Trade,
} from "../../../core/messages/index.ts";

export type InputRecord = MarketRecord | Bin;

/** A line that is no record, and why. */
export class BadLine extends Error {}

const USED: Readonly<Record<string, z.ZodType<InputRecord>>> = {
  trade: Trade,
  quote: Quote,
  heartbeat: Heartbeat,
  route: Route,
  gap: Gap,
  bar: Bar,
  bin: Bin,
};
/** What other commands make and no stage of the market reads. */
const PASSED_OVER = new Set([...Object.keys(MESSAGES), "unknown", "book", "features", "rolling", "signal"]);
const NUMBERS = ["ts_ms", "recv_ms", "price", "size", "seq", "bid", "bid_size", "ask", "ask_size"];
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const PROVIDER_UNKNOWN = "unknown";
const TIMES_REMEMBERED = 50_000;

/** Reads records as people and other tools write them: only the fields that are used need be there. */
export class MarketReader {
  private ordinals = new Map<string, number>();
  private olderOrdinals = new Map<string, number>();

  /** Null: a record, but of a kind that no stage of the market reads. */
  read(text: string): InputRecord | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new BadLine("it is no JSON");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new BadLine("it is no JSON object");
    const given = value as Record<string, unknown>;
    const { kind } = given;
    if (typeof kind !== "string") throw new BadLine("it has no kind");
    const schema = Object.hasOwn(USED, kind) ? USED[kind] : undefined;
    if (schema === undefined) {
      if (PASSED_OVER.has(kind)) return null;
      throw new BadLine(`kind "${kind.slice(0, 40)}" is not known`);
    }
    if (kind === "trade" || kind === "quote") this.complete(given);
    const parsed = schema.safeParse(given);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new BadLine(`${issue?.path.join(".") ?? kind}: ${issue?.message ?? "not as it should be"}`);
  }

  private complete(given: Record<string, unknown>): void {
    for (const name of NUMBERS) {
      const value = given[name];
      // Venues write numbers as texts.
      if (typeof value === "string" && DECIMAL.test(value)) given[name] = Number(value);
    }
    given.provider ??= PROVIDER_UNKNOWN;
    if (typeof given.trade_id === "number") given.trade_id = String(given.trade_id);
    const { provider, symbol, ts_ms, trade_id } = given;
    if (typeof symbol !== "string" || typeof ts_ms !== "number" || !(ts_ms >= 0 && ts_ms <= 8.64e15)) return;
    if (given.seq === undefined) {
      const isCounted = typeof trade_id === "string" && /^\d{1,15}$/.test(trade_id);
      given.seq = isCounted ? Number(trade_id) : this.ordinal(`${provider}|${symbol}`, ts_ms);
    }
    given.event_id ??= eventId(String(provider), symbol, ts_ms, (trade_id as string | null) ?? (given.seq as number));
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
