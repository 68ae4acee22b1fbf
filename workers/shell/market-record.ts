import { z } from "zod";
import {
  AMOUNT_MAX,
  Bar,
  Bin,
  BOOK_LEVELS,
  Book,
  Gap,
  Headline,
  Heartbeat,
  type MarketRecord,
  Origin,
  PRICE_MAX,
  PRICE_MIN,
  PriceRecord,
  Quote,
  Route,
  SymbolName,
  Trade,
} from "../../core/messages/index.ts";

/** Of a trade only the shape: what its numbers are worth is for the stage to say, which counts and keeps what it refuses. */
const anyNumber = z.number();
const TradeShape = Trade.extend({
  price: anyNumber,
  size: anyNumber,
  ts_ms: anyNumber,
  recv_ms: anyNumber.optional(),
});

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  trade: TradeShape,
  quote: Quote,
  book: Book,
  price: PriceRecord,
  heartbeat: Heartbeat,
  route: Route,
  gap: Gap,
  bar: Bar,
  bin: Bin,
  headline: Headline,
};

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown, max: number): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= max;
const isNumber = (value: unknown, min: number, max: number): boolean =>
  typeof value === "number" && value >= min && value <= max;
const isNullOr = (value: unknown, min: number, max: number): boolean => value === null || isNumber(value, min, max);

const TIME_MAX_MS = 8.64e15;

/** Names come by the million and are few: each is looked at once. */
const goodNames = new Set<string>();
const NAMES_MAX = 20_000;

function isSymbol(value: unknown): boolean {
  if (typeof value !== "string") return false;
  if (goodNames.has(value)) return true;
  if (!SymbolName.safeParse(value).success) return false;
  if (goodNames.size >= NAMES_MAX) goodNames.clear();
  goodNames.add(value);
  return true;
}

const ORIGINS: ReadonlySet<unknown> = new Set([undefined, ...Origin.options]);

const isEvent = (r: Fields): boolean =>
  r.ver === 1 &&
  ORIGINS.has(r.origin) &&
  isSymbol(r.symbol) &&
  isText(r.provider, 64) &&
  isText(r.event_id, 300) &&
  isNumber(r.seq, 0, Number.MAX_VALUE);

const isTrade = (r: Fields): boolean =>
  isEvent(r) &&
  typeof r.ts_ms === "number" &&
  typeof r.price === "number" &&
  typeof r.size === "number" &&
  (r.side === "buy" || r.side === "sell" || r.side === null) &&
  (r.trade_id === null || (typeof r.trade_id === "string" && r.trade_id.length <= 128)) &&
  (r.recv_ms === undefined || typeof r.recv_ms === "number") &&
  (r.fill === undefined || (typeof r.fill === "string" && r.fill.length <= 300));

const isQuote = (r: Fields): boolean =>
  isEvent(r) &&
  isNumber(r.ts_ms, 0, TIME_MAX_MS) &&
  (r.recv_ms === undefined || isNumber(r.recv_ms, 0, TIME_MAX_MS)) &&
  isNullOr(r.bid, PRICE_MIN, PRICE_MAX) &&
  isNullOr(r.ask, PRICE_MIN, PRICE_MAX) &&
  isNullOr(r.bid_size, 0, AMOUNT_MAX) &&
  isNullOr(r.ask_size, 0, AMOUNT_MAX);

const isLevel = (level: unknown): boolean =>
  Array.isArray(level) &&
  level.length === 2 &&
  isNumber(level[0], PRICE_MIN, PRICE_MAX) &&
  isNumber(level[1], 0, AMOUNT_MAX);

const areLevels = (side: unknown): boolean =>
  Array.isArray(side) && side.length <= BOOK_LEVELS && (side as unknown[]).every(isLevel);

const isBook = (r: Fields): boolean =>
  isEvent(r) &&
  isNumber(r.ts_ms, 0, TIME_MAX_MS) &&
  (r.recv_ms === undefined || isNumber(r.recv_ms, 0, TIME_MAX_MS)) &&
  areLevels(r.bids) &&
  areLevels(r.asks) &&
  Number.isSafeInteger(r.depth) &&
  isNumber(r.depth, 0, Number.MAX_SAFE_INTEGER) &&
  (r.checksum_ok === null || typeof r.checksum_ok === "boolean");

/** The kinds that come by the million, looked at by hand: the schema takes ten times as long to say the same. */
const QUICK: Readonly<Record<string, (r: Fields) => boolean>> = { trade: isTrade, quote: isQuote, book: isBook };

/** The record a text of `tape.market` held, with what it left out filled in; or, as text, why it is none. */
export function marketRecord(value: unknown): MarketRecord | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "not a JSON object";
  const record = value as Fields;
  const kind = typeof record.kind === "string" ? record.kind : "";
  const schema = Object.hasOwn(SCHEMAS, kind) ? SCHEMAS[kind] : undefined;
  if (schema === undefined) return `kind: ${JSON.stringify(record.kind)?.slice(0, 80)} is none of this log's`;
  if (Object.hasOwn(QUICK, kind) && QUICK[kind]!(record)) return value as MarketRecord;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as MarketRecord;
  const issue = parsed.error.issues[0];
  return `${issue?.path.join(".") || kind}: ${issue?.message ?? "does not fit its schema"}`;
}
