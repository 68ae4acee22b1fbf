import {
  bigint,
  boolean,
  doublePrecision,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";

const time = () => timestamp("time", { withTimezone: true, mode: "string", precision: 6 }).notNull();
const revision = () => bigint("revision", { mode: "number" }).notNull();
const whole = (name: string) => bigint(name, { mode: "number" }).notNull();
const number = (name: string) => doublePrecision(name).notNull();

export const bars = pgTable(
  "bars_ohlcv",
  {
    symbol: text("symbol").notNull(),
    interval: text("interval").notNull(),
    start_ts_ms: whole("start_ts_ms"),
    origin: text("origin").notNull(),
    end_ts_ms: whole("end_ts_ms"),
    bar_id: text("bar_id").notNull(),
    revision: revision(),
    provider: text("provider").notNull(),
    open: number("open"),
    high: number("high"),
    low: number("low"),
    close: number("close"),
    volume: number("volume"),
    notional: number("notional"),
    vwap: number("vwap"),
    trade_count: whole("trade_count"),
    bin_count: whole("bin_count"),
    buy_volume: number("buy_volume"),
    max_late_ms: number("max_late_ms"),
    partial: boolean("partial").notNull(),
    last_ts_ms: doublePrecision("last_ts_ms"),
    ingest_ts_ms: doublePrecision("ingest_ts_ms"),
  },
  (t) => [primaryKey({ columns: [t.symbol, t.interval, t.start_ts_ms, t.origin] })],
);

export const alerts = pgTable(
  "alerts",
  {
    id: text("id").primaryKey(),
    revision: revision(),
    time: time(),
    symbol: text("symbol").notNull(),
    kind: text("kind").notNull(),
    severity: text("severity").notNull(),
    state: text("state").notNull(),
    payload: jsonb("payload").notNull(),
  },
  (t) => [index("alerts_time").on(t.time, t.id), index("alerts_symbol_time").on(t.symbol, t.time, t.id)],
);

export const signals = pgTable(
  "signals",
  {
    id: text("id").primaryKey(),
    time: time(),
    symbol: text("symbol").notNull(),
    name: text("name").notNull(),
    payload: jsonb("payload").notNull(),
  },
  (t) => [index("signals_time").on(t.time, t.id), index("signals_symbol_time").on(t.symbol, t.time, t.id)],
);

export const gaps = pgTable(
  "gaps",
  {
    id: text("id").primaryKey(),
    revision: revision(),
    time: time(),
    origin: text("origin"),
    provider: text("provider").notNull(),
    symbol: text("symbol").notNull(),
    stream: text("stream").notNull(),
    from_seq: doublePrecision("from_seq"),
    to_seq: doublePrecision("to_seq"),
    from_ms: number("from_ms"),
    to_ms: number("to_ms"),
    status: text("status").notNull(),
  },
  (t) => [index("gaps_time").on(t.time, t.id), index("gaps_symbol_time").on(t.symbol, t.time, t.id)],
);

export const deadLetters = pgTable(
  "dead_letters",
  {
    id: text("id").primaryKey(),
    time: time(),
    origin: text("origin"),
    where: text("where").notNull(),
    reason: text("reason").notNull(),
    detail: text("detail").notNull(),
    symbol: text("symbol"),
    ts_ms: doublePrecision("ts_ms"),
    raw: text("raw").notNull(),
  },
  (t) => [index("dead_letters_time").on(t.time, t.id)],
);
