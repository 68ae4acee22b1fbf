import type { Origin } from "../../../core/messages/common.ts";
import type { ParseContext } from "../venue.ts";
import { symbolText } from "./fields.ts";
import { EventIds } from "./ids.ts";
import { Names } from "./names.ts";
import type { Scanner } from "./scanner.ts";

/** What records of a market begin with. */
export interface Known {
  readonly provider: string;
  readonly origin: Origin;
  readonly symbol: string;
  readonly ids: EventIds;
}

/** The markets seen so far, by the bytes of their names: what each is called with us is asked for once. */
export function createKnown(): (scanner: Scanner, context: ParseContext) => Known | null {
  const byContext = new WeakMap<ParseContext, Names<Known>>();
  let lastContext: ParseContext | null = null;
  let names = new Names<Known>();
  return (scanner, context) => {
    if (context !== lastContext) {
      names = byContext.get(context) ?? new Names();
      byContext.set(context, names);
      lastContext = context;
    }
    return names.find(scanner) ?? learn(names, scanner, context);
  };
}

function learn(names: Names<Known>, scanner: Scanner, context: ParseContext): Known | null {
  const venueSymbol = scanner.nameText();
  const symbol = symbolText(venueSymbol) === null ? null : symbolText(context.symbolOf(venueSymbol));
  if (symbol === null) return null;
  const { provider, origin = "live" } = context;
  const known = { provider, origin, symbol, ids: new EventIds(provider, symbol) };
  names.add(scanner, known);
  return known;
}
