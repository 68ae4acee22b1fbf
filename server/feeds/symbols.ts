import type { SymbolChoice } from "../../core/settings/groups/market.ts";
import type { MarketInfo } from "./venue.ts";

/** Watched where no venue says what is traded most. */
const WELL_KNOWN = ["BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "ADA", "AVAX", "LINK", "LTC"].map(
  (base) => `${base}USDT`,
);
/** Volumes are told in the quote currency: only those that are dollars can be compared. */
const IN_DOLLARS = /^([A-Z0-9]{2,20}?)[-/]?(USDT|USDC|USD)$/;
/** Money, not a market: their prices do not move. */
const STABLE = new Set(
  [
    "USDT",
    "USDC",
    "USD1",
    "USDE",
    "FDUSD",
    "TUSD",
    "DAI",
    "BUSD",
    "USDP",
    "PYUSD",
    "RLUSD",
    "USDS",
    "EUR",
    "AEUR",
  ].concat(["EURI", "BFUSD", "XUSD", "GBP", "USD"]),
);
const PINNED: readonly string[] = ["BTC", "ETH"];

/** The symbols to watch: the named ones and the most traded coins, each coin once, without the excluded. */
export function chooseSymbols(
  { top, names, exclude }: SymbolChoice,
  markets: readonly MarketInfo[] | null,
  well_known: readonly string[] = WELL_KNOWN,
): string[] {
  const isExcluded = matcher(exclude);
  const chosen = new Set(names);
  const most =
    top === null ? [] : markets === null || markets.length === 0 ? well_known : mostTraded(markets, isExcluded);
  let room = top ?? 0;
  for (const symbol of most) {
    if (room === 0) break;
    if (isExcluded(symbol)) continue;
    chosen.add(symbol);
    room--;
  }
  return [...chosen].filter((symbol) => !isExcluded(symbol));
}

function mostTraded(markets: readonly MarketInfo[], isExcluded: (symbol: string) => boolean): string[] {
  const best = new Map<string, { readonly symbol: string; readonly volume: number }>();
  for (const { symbol, quote_volume_24h, is_trading, is_stock } of markets) {
    const base = is_stock === true ? symbol : IN_DOLLARS.exec(symbol)?.[1];
    if (base === undefined || (STABLE.has(base) && is_stock !== true) || !is_trading || isExcluded(symbol)) continue;
    const volume = quote_volume_24h ?? 0;
    const known = best.get(base);
    if (known === undefined || volume > known.volume) best.set(base, { symbol, volume });
  }
  const rank = (base: string): number => (PINNED.includes(base) ? PINNED.indexOf(base) : PINNED.length);
  return [...best]
    .sort(([a, x], [b, y]) => rank(a) - rank(b) || y.volume - x.volume || (a < b ? -1 : 1))
    .map(([, { symbol }]) => symbol);
}

function matcher(patterns: readonly string[]): (symbol: string) => boolean {
  const all = patterns.map((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[^A-Z0-9_]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`);
  });
  return (symbol) => all.some((pattern) => pattern.test(symbol));
}
