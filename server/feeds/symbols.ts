import type { SymbolChoice } from "../../core/settings/groups/market.ts";
import type { MarketInfo } from "./venue.ts";

/** Watched where no venue says what is traded most. */
const WELL_KNOWN = ["BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "ADA", "AVAX", "LINK", "LTC"].map(
  (base) => `${base}USDT`,
);
/** Volumes are told in the quote currency: only those that are dollars can be compared. */
const APART = /^([A-Z0-9]{1,20})[-/](USDT|USDC|USD)$/;
const TOGETHER = /^([A-Z0-9]{1,20}?)(USDT|USDC)$/;
const PLAIN = /^([A-Z0-9]{1,20})USD$/;
/** What stands before USD in the names of other dollars: BTCFDUSD is bitcoin in FDUSD, no coin of its own. */
const OTHER_DOLLARS = /^([A-Z0-9]{1,20}?)(FD|T|B|PY|RL|G)$/;
/** Money, not a market: their prices do not move, or move as currencies do. */
const MONEY = new Set(
  (
    "USDT USDC USD USD0 USD1 USDB USDD USDE USDG USDP USDQ USDR USDS USDX AUSD BFUSD BUSD CUSD DAI FDUSD FRAX FRXUSD GHO " +
    "GUSD LUSD PYUSD RLUSD SUSD TUSD USTB XUSD AEUR EUR EURC EURI EURQ EURR EURT GBP AUD CAD CHF JPY NZD BRL TRY MXN ZAR"
  ).split(" "),
);
/** A multiple of a coin, which is watched itself: BTCUP, ETHDOWN, SOL3L, XRP5S. */
const LEVERAGED = /^([A-Z0-9]{1,20}?)(?:UP|DOWN|BULL|BEAR|[2-9][LS])$/;
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
  const sure = new Set(markets.flatMap(({ symbol, venue }) => (APART.exec(venue) ?? TOGETHER.exec(symbol))?.[1] ?? []));
  const best = new Map<string, { readonly symbol: string; readonly volume: number }>();
  for (const market of markets) {
    const { symbol, quote_volume_24h, is_trading, is_stock } = market;
    const base = is_stock === true ? symbol : coinOf(market, sure);
    if (base === null || !is_trading || isExcluded(symbol)) continue;
    const volume = quote_volume_24h ?? 0;
    const known = best.get(base);
    if (known === undefined || volume > known.volume) best.set(base, { symbol, volume });
  }
  const rank = (base: string): number => (PINNED.includes(base) ? PINNED.indexOf(base) : PINNED.length);
  return [...best]
    .sort(([a, x], [b, y]) => rank(a) - rank(b) || y.volume - x.volume || (a < b ? -1 : 1))
    .map(([, { symbol }]) => symbol);
}

/** The coin a dollar market is of; null where it is none. `sure`: coins whose names nobody can mistake. */
function coinOf({ symbol, venue }: MarketInfo, sure: ReadonlySet<string>): string | null {
  const base = (APART.exec(venue) ?? TOGETHER.exec(symbol) ?? PLAIN.exec(symbol))?.[1];
  if (base === undefined || MONEY.has(base)) return null;
  const stem = LEVERAGED.exec(base)?.[1];
  if (stem !== undefined && sure.has(stem)) return null;
  const inOther = sure.has(base) ? undefined : OTHER_DOLLARS.exec(base)?.[1];
  return inOther !== undefined && sure.has(inOther) ? null : base;
}

function matcher(patterns: readonly string[]): (symbol: string) => boolean {
  const all = patterns.map((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[^A-Z0-9_]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`);
  });
  return (symbol) => all.some((pattern) => pattern.test(symbol));
}
