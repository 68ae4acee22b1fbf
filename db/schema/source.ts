import { bigint, boolean, doublePrecision, index, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const time = () => timestamp("time", { withTimezone: true, mode: "string", precision: 6 }).notNull();
const number = (name: string) => doublePrecision(name);

/**
 * The source systems' four tables under their own column names. What they do not have and we need is added at the end,
 * so that a consumer of theirs reads ours unchanged.
 */
export const prices = pgTable(
  "prices",
  { time: time(), symbol: text("symbol").notNull(), price: number("price").notNull() },
  (t) => [primaryKey({ columns: [t.time, t.symbol] }), index("prices_symbol_time").on(t.symbol, t.time)],
);

export const metrics = pgTable(
  "metrics",
  {
    time: time(),
    symbol: text("symbol").notNull(),
    return_1m: number("return_1m"),
    return_5m: number("return_5m"),
    return_15m: number("return_15m"),
    vol_1m: number("vol_1m"),
    vol_5m: number("vol_5m"),
    vol_15m: number("vol_15m"),
    return_z_1m: number("return_z_1m"),
    return_z_5m: number("return_z_5m"),
    return_z_15m: number("return_z_15m"),
    return_z_ewma_1m: number("return_z_ewma_1m"),
    return_z_ewma_5m: number("return_z_ewma_5m"),
    return_z_ewma_15m: number("return_z_ewma_15m"),
    vol_z_1m: number("vol_z_1m"),
    vol_z_5m: number("vol_z_5m"),
    vol_z_15m: number("vol_z_15m"),
    vol_spike_1m: boolean("vol_spike_1m"),
    vol_spike_5m: boolean("vol_spike_5m"),
    vol_spike_15m: boolean("vol_spike_15m"),
    p05_return_1m: number("p05_return_1m"),
    p05_return_5m: number("p05_return_5m"),
    p05_return_15m: number("p05_return_15m"),
    p95_return_1m: number("p95_return_1m"),
    p95_return_5m: number("p95_return_5m"),
    p95_return_15m: number("p95_return_15m"),
    attention: number("attention"),
    coverage_1m: number("coverage_1m"),
    coverage_5m: number("coverage_5m"),
    coverage_15m: number("coverage_15m"),
  },
  (t) => [primaryKey({ columns: [t.time, t.symbol] }), index("metrics_symbol_time").on(t.symbol, t.time)],
);

export const headlines = pgTable(
  "headlines",
  {
    time: time(),
    title: text("title").notNull(),
    source: text("source").notNull(),
    url: text("url"),
    sentiment: number("sentiment"),
    id: text("id").notNull(),
    revision: bigint("revision", { mode: "number" }).notNull(),
    symbols: text("symbols").array().notNull(),
    label: text("label"),
    confidence: number("confidence"),
  },
  // A hypertable's key must hold its time; the writer keeps the time of the first statement, so the id alone is unique.
  (t) => [primaryKey({ columns: [t.id, t.time] }), index("headlines_time").on(t.time, t.id)],
);

export const anomalies = pgTable(
  "anomalies",
  {
    time: time(),
    symbol: text("symbol").notNull(),
    window_name: text("window_name").notNull(),
    direction: text("direction").notNull(),
    return_value: number("return_value").notNull(),
    threshold: number("threshold").notNull(),
    headline: text("headline"),
    sentiment: number("sentiment"),
    summary: text("summary"),
    revision: bigint("revision", { mode: "number" }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.time, t.symbol, t.window_name] }),
    index("anomalies_symbol_time").on(t.symbol, t.time),
  ],
);

/** What becomes a hypertable where TimescaleDB is there. */
export const TIME_SERIES = ["prices", "metrics", "headlines", "anomalies"] as const;
