const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const ZERO = 0x30;
const SEPARATORS: readonly (readonly [number, string])[] = [
  [4, "-"],
  [7, "-"],
  [13, ":"],
  [16, ":"],
];
const WHOLE_LENGTH = 19;
const FRACTION_MAX = 9;
const NOT = -1_000_000;

/**
 * Epoch milliseconds of an ISO time in UTC (…T00:00:00Z, with up to nine decimals); −1 when it is none. The fraction is
 * cut at the microsecond, which a double still holds and event ids spell.
 */
export function isoTime(value: unknown): number {
  if (typeof value !== "string" || value.length <= WHOLE_LENGTH || value.length > 32) return -1;
  if (value[10] !== "T" && value[10] !== " ") return -1;
  for (const [at, sign] of SEPARATORS) if (value[at] !== sign) return -1;
  const year = two(value, 0) * 100 + two(value, 2);
  const month = two(value, 5);
  const day = two(value, 8);
  const hour = two(value, 11);
  const minute = two(value, 14);
  const second = two(value, 17);
  if (!(year >= 1970) || month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]!) return -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
  const micros = microsAfter(value);
  if (micros < 0) return -1;
  const whole_ms = Date.UTC(year, month - 1, day, hour, minute, second);
  if (day > 28 && new Date(whole_ms).getUTCDate() !== day) return -1;
  const time_ms = whole_ms + micros / 1_000;
  return time_ms > 0 ? time_ms : -1;
}

/** Two digits as a number; far below zero when they are none. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NOT;
}

/** What follows the seconds: a fraction or none, and the zone. */
function microsAfter(text: string): number {
  let at = WHOLE_LENGTH;
  let micros = 0;
  if (text[at] === ".") {
    const from = ++at;
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit < 0 || digit > 9) break;
      if (at - from < 6) micros = micros * 10 + digit;
    }
    const length = at - from;
    if (length === 0 || length > FRACTION_MAX) return -1;
    for (let i = length; i < 6; i++) micros *= 10;
  }
  const zone = text.slice(at);
  return zone === "Z" || zone === "+00:00" ? micros : -1;
}
