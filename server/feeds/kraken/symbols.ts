import type { VenueSymbol } from "../venue.ts";

const PAIR = /^([A-Z0-9]{1,20}?)[-/]?(USDT|USDC|USD|EUR|GBP|BTC|XBT|ETH)$/;
/** The venue's old names, which its REST side still uses. */
const OLD: Readonly<Record<string, string>> = { BTC: "XBT", DOGE: "XDG" };
const NEW: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };

const modern = (coin: string): string => (Object.hasOwn(NEW, coin) ? NEW[coin]! : coin);
const old = (coin: string): string => (Object.hasOwn(OLD, coin) ? OLD[coin]! : coin);

/** Dollars of any kind are asked for as USD, where this venue's trade is; XBT is BTC. */
export function toVenue(symbol: string): VenueSymbol | null {
  const match = PAIR.exec(symbol);
  if (match === null) return null;
  const base = modern(match[1]!);
  const quote = match[2]!.startsWith("USD") ? "USD" : modern(match[2]!);
  return base === quote ? null : { symbol, venue: `${base}/${quote}` };
}

/** XBT/USD → BTC/USD: what REST calls a pair, as the stream calls it. */
export const streamName = (wsname: string): string => wsname.split("/").map(modern).join("/");
/** BTC/USD → XBTUSD: the other way. */
export const restName = (venue: string): string => venue.split("/").map(old).join("");
