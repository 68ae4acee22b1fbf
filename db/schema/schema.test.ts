import { expect, test } from "bun:test";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { anomalies, headlines, metrics, prices } from "./index.ts";

const METRIC_WINDOWS = ["1m", "5m", "15m"];
const columns = (table: PgTable): string[] => getTableConfig(table).columns.map((column) => column.name);

test("the source systems' tables begin with their columns, in their order", () => {
  expect(columns(prices)).toEqual(["time", "symbol", "price"]);
  expect(columns(headlines).slice(0, 5)).toEqual(["time", "title", "source", "url", "sentiment"]);
  expect(columns(anomalies).slice(0, 9)).toEqual([
    "time",
    "symbol",
    "window_name",
    "direction",
    "return_value",
    "threshold",
    "headline",
    "sentiment",
    "summary",
  ]);
  const families = ["return", "vol", "return_z", "return_z_ewma", "vol_z", "vol_spike", "p05_return", "p95_return"];
  const theirs = families.flatMap((name) => METRIC_WINDOWS.map((window) => `${name}_${window}`));
  expect(columns(metrics)).toEqual([
    "time",
    "symbol",
    ...theirs,
    "attention",
    ...METRIC_WINDOWS.map((window) => `coverage_${window}`),
  ]);
});
