const THIN = "\u2009";
const MINUS = "−";
const NONE = "–";

function grouped(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

/** Fixed decimals, thin spaces between thousands, a true minus sign. */
export function number(value: number | null | undefined, decimals = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const text = grouped(Math.abs(value).toFixed(decimals));
  return value < 0 && /[1-9]/.test(text) ? `${MINUS}${text}` : text;
}

/** A share as a signed percentage: 0.0621 → "+6.21 %". Zero has no sign. */
export function percent(share: number | null | undefined, decimals = 2): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE;
  const text = number(share * 100, decimals);
  const sign = share > 0 && /[1-9]/.test(text) ? "+" : "";
  return `${sign}${text}${THIN}%`;
}

const UNITS = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** Four digits at most: 1 234 567 → "1.23 M". */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  for (const [unit, letter] of UNITS) {
    if (size >= unit * 0.9995) return `${threeDigits(value / unit)}${THIN}${letter}`;
  }
  if (Number.isInteger(value)) return number(value);
  return threeDigits(value);
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return number(value, decimals);
}

/** 38.2 → "38 ms", 1240 → "1.2 s". */
export function millis(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NONE;
  if (Math.abs(ms) < 999.5) return `${number(ms)}${THIN}ms`;
  return seconds(ms);
}

/** An age or a length: "0.4 s", "12 s", "3 min 05 s", "2 h 10 min", "3 d". */
export function seconds(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NONE;
  const s = Math.max(0, ms) / 1_000;
  if (s < 9.95) return `${s.toFixed(1)}${THIN}s`;
  const whole = Math.round(s);
  if (whole < 60) return `${whole}${THIN}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}${THIN}min ${String(whole % 60).padStart(2, "0")}${THIN}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}${THIN}h ${String(minutes % 60).padStart(2, "0")}${THIN}min`;
  return `${Math.floor(hours / 24)}${THIN}d`;
}

/** How long ago, in the largest unit that says enough. */
export function ago(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 5) return "just now";
  if (s < 60) return `${s}${THIN}s ago`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes}${THIN}min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}${THIN}h ago` : `${Math.floor(hours / 24)}${THIN}d ago`;
}

/** Of a share, as its percentage reads: what is shown as 0.00 % is flat. */
export function direction(value: number | null | undefined): "up" | "down" | "flat" {
  if (value === null || value === undefined || !Number.isFinite(value) || Math.abs(value) < 0.000_05) return "flat";
  return value > 0 ? "up" : "down";
}

export const ARROW = { up: "▲", down: "▼", flat: "" } as const;

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const MINUTE = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat(undefined, { year: "numeric" });
const MONTH = new Intl.DateTimeFormat(undefined, { month: "short" });

/** In the reader's own time zone. */
export const clockTime = (ms: number): string => TIME.format(ms);
export const clockMinute = (ms: number): string => MINUTE.format(ms);
export const dayOf = (ms: number): string => DAY.format(ms);
export const monthOf = (ms: number): string => MONTH.format(ms);
export const yearOf = (ms: number): string => YEAR.format(ms);
export const fullTime = (ms: number): string => `${dayOf(ms)} ${yearOf(ms)}, ${clockTime(ms)}`;

/** "UTC+2": which zone the times on the page are in. */
export function zoneName(at_ms: number): string {
  const minutes = -new Date(at_ms).getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const rest = size % 60 === 0 ? "" : `:${String(size % 60).padStart(2, "0")}`;
  return `UTC${minutes < 0 ? MINUS : "+"}${Math.floor(size / 60)}${rest}`;
}

const QUOTES = ["USDT", "USDC", "FDUSD", "BUSD", "USD", "EUR", "GBP", "BTC", "ETH"];

/** "BTCUSDT" → ["BTC", "USDT"]; a share such as "AAPL" has no quote part. */
export function splitSymbol(symbol: string): readonly [string, string] {
  const parted = /^([^-/:]+)[-/:](.+)$/.exec(symbol);
  if (parted !== null) return [parted[1] ?? symbol, parted[2] ?? ""];
  for (const quote of QUOTES) {
    if (symbol.length > quote.length && symbol.endsWith(quote)) return [symbol.slice(0, -quote.length), quote];
  }
  return [symbol, ""];
}
