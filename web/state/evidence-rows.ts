import type { AlertRecord } from "./alert-record.ts";
import { fullTime, number, percent } from "./format.ts";

/** Drawn or listed elsewhere in the drawer. */
const DRAWN = new Set(["prices", "thresholds", "trades"]);
const ROWS_MAX = 40;
const TEXT_MAX = 200;

/** The numbers an alert was judged by, named and with units; what the page does not know is listed as it came. */
export function evidenceRows(alert: AlertRecord): readonly (readonly [string, string])[] {
  const rows: (readonly [string, string])[] = [];
  if (alert.ret !== null) rows.push(["Move", percent(alert.ret)]);
  if (alert.threshold !== null) rows.push(["Limit", percent(alert.threshold)]);
  if (alert.window !== null) rows.push(["Window", alert.window]);
  for (const [name, value] of Object.entries(alert.evidence ?? {})) {
    if (DRAWN.has(name) || value === undefined || value === null) continue;
    rows.push([named(name), shown(name, value)]);
    if (rows.length >= ROWS_MAX) break;
  }
  return rows;
}

function named(name: string): string {
  const words = name.replace(/_(ms|bps|pct)$/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Six significant digits, without trailing zeros. */
function plain(value: number): string {
  const rounded = Number(value.toPrecision(6));
  const decimals = Math.min(8, /\.(\d+)$/.exec(String(rounded))?.[1]?.length ?? 0);
  return number(rounded, decimals);
}

function shown(name: string, value: unknown): string {
  if (typeof value === "number") {
    // 1e11 ms is 1973: a larger one is a time, a smaller one a length.
    if (name.endsWith("_ms")) return value > 1e11 ? fullTime(value) : `${number(value)}\u2009ms`;
    if (name.endsWith("_bps")) return `${number(value, 2)}\u2009bps`;
    if (/^(ret|return|threshold)$|_(ret|return)$/.test(name)) return percent(value);
    if (/^share$|_share$/.test(name)) return `${number(value * 100, 1)}\u2009%`;
    return plain(value);
  }
  if (typeof value === "boolean") return value ? "yes" : "no";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
