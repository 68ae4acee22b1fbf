const FORM = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)$/;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Epoch milliseconds of an ISO time in UTC; −1 when it is none. The fraction is cut at the microsecond, which a double
 * still holds and event ids spell.
 */
export function isoTime(value: unknown): number {
  if (typeof value !== "string" || value.length > 40) return -1;
  const match = FORM.exec(value);
  if (match === null) return -1;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]! || hour > 23 || minute > 59 || second > 59)
    return -1;
  const whole_ms = Date.UTC(year, month - 1, day, hour, minute, second);
  if (day > 28 && new Date(whole_ms).getUTCDate() !== day) return -1;
  const micros = match[7] === undefined ? 0 : Number(match[7].slice(0, 6).padEnd(6, "0"));
  const time_ms = whole_ms + micros / 1_000;
  return time_ms > 0 && year >= 1970 ? time_ms : -1;
}
