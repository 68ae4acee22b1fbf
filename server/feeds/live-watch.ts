import { SymbolName, type Watched, type WatchOutcome } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { LiveVenue } from "./live-venue.ts";

export interface LiveWatchOptions {
  readonly venues: readonly LiveVenue[];
  readonly clock: Clock;
  /** The venue that is shown; null while none is. */
  readonly primary: () => LiveVenue | null;
}

/** More would not fit the venues' sockets and limits. */
const SYMBOLS_MAX = 500;
/** A list of markets this old is read again before a symbol is said to be unknown. */
const MARKETS_FRESH_MS = 60_000;

/** Which symbols are watched, and the words in which a wish to change that is answered. */
export class LiveWatch {
  symbols: readonly string[] = [];

  constructor(private readonly options: LiveWatchOptions) {}

  /** The symbols among `wanted` that can be watched from now on, and an answer for each. */
  async add(wanted: readonly string[]): Promise<{ added: readonly string[]; answers: readonly Watched[] }> {
    const answers: Watched[] = [];
    const added: string[] = [];
    for (const symbol of new Set(wanted.map(normal))) {
      const answer = await this.look(symbol, added);
      if (answer.outcome === "added") added.push(symbol);
      answers.push(answer);
    }
    this.symbols = [...this.symbols, ...added.filter((symbol) => !this.symbols.includes(symbol))];
    return { added, answers };
  }

  remove(unwanted: readonly string[]): { removed: readonly string[]; answers: readonly Watched[] } {
    const answers: Watched[] = [];
    const removed: string[] = [];
    for (const symbol of new Set(unwanted.map(normal))) {
      if (!this.symbols.includes(symbol)) answers.push(said(symbol, "not_watched", `${symbol} is not watched`));
      else if (this.symbols.length === 1)
        answers.push(said(symbol, "last_symbol", `${symbol} is the last symbol watched; add another one first`));
      else {
        this.symbols = this.symbols.filter((one) => one !== symbol);
        removed.push(symbol);
        answers.push(said(symbol, "removed", `${symbol} is watched no longer; its history stays`));
      }
    }
    return { removed, answers };
  }

  private async look(symbol: string, added: readonly string[]): Promise<Watched> {
    const { primary } = this.options;
    if (this.symbols.includes(symbol)) return said(symbol, "already_watched", `${symbol} is watched already`);
    if (this.symbols.length + added.length >= SYMBOLS_MAX)
      return said(symbol, "limit_reached", `${SYMBOLS_MAX} symbols are watched, which is as many as may be`);
    const asked = primary() === null ? this.options.venues : [primary()!];
    for (const venue of asked) if (await this.has(venue, symbol)) return welcome(symbol, venue, primary() !== null);
    const names = asked.map(({ title }) => title).join(", ");
    return said(symbol, "unknown_symbol", `${names} ${asked.length === 1 ? "has" : "have"} no market ${symbol}`);
  }

  /** By the venue's own list, which is read anew when it does not hold the symbol: markets open every day. */
  private async has(venue: LiveVenue, symbol: string): Promise<boolean> {
    if (!SymbolName.safeParse(symbol).success) return false;
    const { markets } = venue;
    if (markets.trades(symbol) === true) return true;
    if (Math.abs(this.options.clock.now() - markets.asked_ms) > MARKETS_FRESH_MS) await markets.ask();
    return markets.trades(symbol) ?? true;
  }
}

const normal = (symbol: string): string => symbol.trim().toUpperCase();

const said = (symbol: string, outcome: WatchOutcome, text: string): Watched => ({ symbol, outcome, text });

function welcome(symbol: string, { title, markets }: LiveVenue, isShown: boolean): Watched {
  if (!isShown) return said(symbol, "added", `${symbol} is watched as soon as a venue answers`);
  const doubt = markets.list === null ? `; ${title} has not said yet whether it has this market` : "";
  return said(
    symbol,
    "added",
    `${symbol} is watched from now on, as ${title} tells it; its candles are loading${doubt}`,
  );
}
