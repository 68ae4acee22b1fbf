import { isoMicros } from "../../core/messages/index.ts";

/** ISO-8601 → epoch ms with microseconds as fraction: a Date alone would make two prices of one millisecond the same. */
export function epochMs(iso: string): number {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new RangeError(`"${iso}" is no ISO-8601 time`);
  const micros = /\.\d{3}(\d{1,3})/.exec(iso)?.[1];
  return micros === undefined ? ms : ms + Number(micros.padEnd(3, "0")) / 1000;
}

/** Epoch ms → ISO-8601 UTC; milliseconds, or microseconds where there are any. */
export function isoTime(ms: number): string {
  const nearest = Math.round(ms * 1000) / 1000;
  return Number.isInteger(nearest) ? new Date(nearest).toISOString() : isoMicros(nearest);
}
