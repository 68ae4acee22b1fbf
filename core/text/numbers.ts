import { fixedHalfEven, plainNumber } from "./rounding.ts";

/** "+6.21 %", "−0.50 %": sign always, a real minus. */
export function signedPercent(ratio: number, digits = 2): string {
  const text = fixedHalfEven(Math.abs(ratio) * 100, digits);
  return `${ratio < 0 ? "−" : "+"}${text} %`;
}

/** "5 %", "2.5 %": a limit as a person would set it. */
export function percent(ratio: number): string {
  return `${plainNumber(Number(fixedHalfEven(Math.abs(ratio) * 100, 2)))} %`;
}

/** "480×", "7.4×". */
export function times(factor: number): string {
  return factor >= 10 ? `${fixedHalfEven(factor, 0)}×` : `${fixedHalfEven(factor, 1)}×`;
}

const QUOTES = ["USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "EUR", "GBP", "TRY", "BTC", "ETH", "BNB"];

/** What a symbol is about: SOLUSDT → SOL, ETH-USD → ETH. */
export function assetOf(symbol: string): string {
  const parts = /^([^-/:]+)[-/:]/.exec(symbol);
  if (parts !== null) return parts[1] ?? symbol;
  const quote = QUOTES.find((q) => symbol.length > q.length && symbol.toUpperCase().endsWith(q));
  return quote === undefined ? symbol : symbol.slice(0, -quote.length);
}
