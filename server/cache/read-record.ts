import type { Bar } from "../../core/messages/index.ts";

/** Longer than any record of ours may become; what is longer is refused unread. */
const TEXT_MAX = 256 * 1024;

export type Json = Readonly<Record<string, unknown>>;

/** The record in a log entry; null when it is none. */
export function readRecord(text: string): Json | null {
  if (text.length > TEXT_MAX) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === "string" && value.length > 0;
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown): value is number => isNumber(value) && value >= 0;

/**
 * A bar as far as a reader has to lean on it. Bars come by the hundred thousand at the start and their writer checked
 * them: the full schema costs ten times as much and would find the same.
 */
export function asBar(record: Json): Bar | null {
  const good =
    record.kind === "bar" &&
    isText(record.bar_id) &&
    isCount(record.revision) &&
    isText(record.symbol) &&
    isText(record.interval) &&
    isCount(record.start_ts_ms) &&
    isNumber(record.end_ts_ms) &&
    record.end_ts_ms > record.start_ts_ms &&
    typeof record.final === "boolean" &&
    isNumber(record.open) &&
    isNumber(record.high) &&
    isNumber(record.low) &&
    isNumber(record.close) &&
    isCount(record.volume) &&
    isCount(record.trade_count);
  return good ? (record as unknown as Bar) : null;
}

/** Id and revision of a record that can be said again; null when it has no id. */
export function identity(record: Json): { id: string; revision: number } | null {
  if (!isText(record.id)) return null;
  return { id: record.id, revision: isCount(record.revision) ? record.revision : 0 };
}

/** The symbols a record concerns; null when all. */
export function symbolsOf(record: Json): readonly string[] | null {
  const named = Array.isArray(record.symbols) ? record.symbols.filter(isText) : [];
  if (isText(record.symbol) && record.symbol !== "*") return [record.symbol];
  return named.length > 0 ? named : null;
}

/** A line break would end the field of an event stream early; a record of ours has none. */
export const oneLine = (text: string, record: Json): string =>
  text.includes("\n") || text.includes("\r") ? JSON.stringify(record) : text;

/** A text of its own: a slice of a batch would hold the whole batch in memory for as long as it is kept. */
export const ownText = (text: string): string => Buffer.from(text, "utf8").toString("utf8");
