import type { Bar } from "../../messages/index.ts";
import { closes, MINUTE_MS, type Minute } from "./closes.ts";
import { followMinute, onHit } from "./excursion.ts";
import { isEmpty } from "./recent.ts";
import { RULES } from "./rules/index.ts";
import type { Hit } from "./rules/rule.ts";
import { type AdaptiveSettings, longestWindow } from "./settings.ts";
import type { SymbolState } from "./symbol.ts";
import { addBar } from "./volume.ts";

/** Longer without a candle than this: nobody knows whether it was silence or a hole. */
const SILENT_MAX = 60;

function hitsOf(symbol: SymbolState, minute: Minute, settings: AdaptiveSettings): Hit[] {
  const hits: Hit[] = [];
  for (const name of settings.rules) RULES[name].minute?.(symbol.rules[name], symbol, minute, settings, hits);
  return hits;
}

function takeIn({ closes: known, volume }: SymbolState, minute: Minute, settings: AdaptiveSettings): void {
  addBar(volume, minute, settings.volume_half_life_ms);
  known.end_ms = minute.end_ts_ms;
  known.prices.push(minute.close);
  if (known.prices.length > Math.max(1, longestWindow(settings) / MINUTE_MS)) known.prices.shift();
}

/** Minutes a venue left out because nobody traded: the price stood still. */
function passSilence(symbol: SymbolState, until_ms: number, settings: AdaptiveSettings): void {
  const { closes: known } = symbol;
  const isHole = symbol.now_ms > known.end_ms || until_ms - known.end_ms > SILENT_MAX * MINUTE_MS;
  if (isHole) symbol.closes = closes();
  else
    while (known.end_ms < until_ms) {
      const close = known.prices.at(-1)!;
      const start_ts_ms = known.end_ms;
      const flat = { high: close, low: close, close, volume: 0, buy_volume: 0, trade_count: 0 };
      const minute = { start_ts_ms, end_ts_ms: start_ts_ms + MINUTE_MS, ...flat };
      hitsOf(symbol, minute, settings);
      takeIn(symbol, minute, settings);
    }
}

/**
 * A minute of history, oldest first: it says what would have been said by minutes alone, and warms what is normal. The
 * farthest price of a minute is held against the closes before it; what came first within it, nobody knows.
 */
export function onMinute(
  name: string,
  symbol: SymbolState,
  bar: Bar,
  settings: AdaptiveSettings,
  say: () => void,
): void {
  if (bar.start_ts_ms < symbol.closes.end_ms) return;
  if (bar.start_ts_ms < symbol.now_ms) {
    // Trades seen here tell it better; where they broke off within it, its close is what the next minutes are measured from.
    if (bar.end_ts_ms > symbol.now_ms) symbol.closes = { end_ms: bar.end_ts_ms, prices: [bar.close] };
    return;
  }
  // Trades of these minutes were not seen here: a step to the next one is no move of it.
  if (!isEmpty(symbol.recent)) symbol.filter.gap = true;
  passSilence(symbol, bar.start_ts_ms, settings);
  const hits = hitsOf(symbol, bar, settings);
  const enough = bar.trade_count === 0 || bar.trade_count >= settings.confirm_trades;
  for (const hit of enough ? hits : []) {
    const price = hit.direction === "up" ? bar.high : bar.low;
    onHit(name, symbol, hit, { now_ms: bar.end_ts_ms, price, history: true, by_minute: true }, settings);
  }
  for (const x of [symbol.excursions.up, symbol.excursions.down]) if (x !== null) followMinute(x, bar, settings);
  say();
  takeIn(symbol, bar, settings);
}
