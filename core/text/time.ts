const pad = (n: number, width: number): string => String(n).padStart(width, "0");

/** As the source systems spell a time: no fraction where it is 0, else six digits; `+00:00`. */
export function isoOffset(ts_ms: number): string {
  const whole = Math.floor(ts_ms);
  const micros = Math.round((ts_ms - whole) * 1000);
  const date = new Date(whole + (micros === 1000 ? 1 : 0));
  const fraction = date.getUTCMilliseconds() * 1000 + (micros % 1000);
  const seconds = date.toISOString().slice(0, 19);
  return fraction === 0 ? `${seconds}+00:00` : `${seconds}.${pad(fraction, 6)}+00:00`;
}

/** Epoch milliseconds of an ISO-8601 text, microseconds as a fraction; NaN when it is none. */
export function parseIso(text: string): number {
  const micros = /\.(\d{4,})/.exec(text);
  if (micros === null) return Date.parse(text);
  const digits = micros[1] ?? "";
  const whole = Date.parse(text.replace(/\.\d+/, `.${digits.slice(0, 3)}`));
  return whole + Number(`0.${digits.slice(3)}`);
}

/** "14:02:11" in UTC. */
export function clockTime(ts_ms: number): string {
  return new Date(ts_ms).toISOString().slice(11, 19);
}

/** A stretch in a reader's words: "480 ms", "48 s", "3 min 20 s", "2 h 5 min". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const s = Math.round(ms / 1_000);
  if (s < 120) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 120) return s % 60 === 0 ? `${min} min` : `${min} min ${s % 60} s`;
  return min % 60 === 0 ? `${Math.floor(min / 60)} h` : `${Math.floor(min / 60)} h ${min % 60} min`;
}
