const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NUMBER_TEXT_MAX = 64;
const SYMBOL = /^[A-Za-z0-9._\-/:*]{1,64}$/;
/** Whole numbers above this are microseconds: as milliseconds they would be the year 5138. */
const MICROS_FROM = 1e14;

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A number that a venue writes as text; NaN when it is none. */
export function decimalText(value: unknown): number {
  return typeof value === "string" && value.length <= NUMBER_TEXT_MAX && DECIMAL.test(value)
    ? Number(value)
    : Number.NaN;
}

/** An id or a count; −1 when it is none. */
export function wholeNumber(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : -1;
}

/** Epoch milliseconds of a whole number of milliseconds or microseconds; −1 when it is none. 0 is no time. */
export function venueTime(value: unknown): number {
  const time = wholeNumber(value);
  if (time <= 0) return -1;
  return time < MICROS_FROM ? time : time / 1_000;
}

/** A text that can be a symbol of ours; null when it is none. */
export function symbolText(value: unknown): string | null {
  return typeof value === "string" && SYMBOL.test(value) ? value : null;
}

/** A value as a person can read it in a message, however it was meant. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
