import { join } from "node:path";
import { MESSAGES } from "../../../core/messages/index.ts";
import { parse as alpaca } from "../alpaca/parse.ts";
import { parse as binance } from "../binance/parse.ts";
import { parseSlowly as binanceSlowly } from "../binance/slow.ts";
import { parse as bybit } from "../bybit/parse.ts";
import { parseSlowly as bybitSlowly } from "../bybit/slow.ts";
import { parse as coinbase } from "../coinbase/parse.ts";
import { parse as ibkr } from "../ibkr/parse.ts";
import { parse as kraken } from "../kraken/parse.ts";
import type { Item, Parse } from "../venue.ts";
import { contextOf, fixtures } from "./frames.ts";

/** Where there are two readers, the slow one decides what is accepted. */
const PARSERS: Readonly<Record<string, { readonly parse: Parse; readonly slow?: Parse }>> = {
  binance: { parse: binance, slow: binanceSlowly },
  bybit: { parse: bybit, slow: bybitSlowly },
  coinbase: { parse: coinbase },
  kraken: { parse: kraken },
  alpaca: { parse: alpaca },
  ibkr: { parse: ibkr },
};

export const PARSER_NAMES = Object.keys(PARSERS);
const RECV_MS = 1_790_000_500_000;

export interface Reading {
  /** Frames to change: the venue's fixtures. */
  readonly frames: readonly string[];
  /** Reads one; throws, with the frame, at what must not be. What came out is counted by kind. */
  read(frame: Uint8Array | string): void;
  readonly said: Record<string, number>;
}

export function readingOf(name: string): Reading {
  const { parse, slow } = PARSERS[name]!;
  const context = contextOf(name);
  const said: Record<string, number> = {};
  const itemsBy = (reader: Parse, frame: Uint8Array | string): Item[] => {
    const items: Item[] = [];
    reader(frame, RECV_MS, context, (item) => items.push(item));
    return items;
  };
  return {
    frames: fixtures(join(import.meta.dir, "..", name)).map(({ text }) => text),
    said,
    read(frame) {
      try {
        const items = itemsBy(parse, frame);
        for (const item of items) {
          said[item.kind] = (said[item.kind] ?? 0) + 1;
          judge(item);
        }
        if (items.length === 0) said.nothing = (said.nothing ?? 0) + 1;
        if (slow !== undefined && JSON.stringify(items) !== JSON.stringify(itemsBy(slow, frame))) {
          throw new Error("the two readers say different things");
        }
      } catch (cause) {
        const text = typeof frame === "string" ? frame : new TextDecoder().decode(frame);
        throw new Error(`${name}: ${text}`, { cause });
      }
    },
  };
}

function judge(item: Item): void {
  if (item.kind === "trade" || item.kind === "quote" || item.kind === "price") MESSAGES[item.kind].parse(item);
  else if (item.kind === "book_update") {
    for (const [price, size] of [...item.bids, ...item.asks]) {
      if (!(price > 0 && price < Number.POSITIVE_INFINITY && size >= 0 && size < Number.POSITIVE_INFINITY))
        throw new Error(`level ${price} × ${size}`);
    }
    if (!Number.isFinite(item.ts_ms)) throw new Error(`time ${item.ts_ms}`);
  } else if ("ts_ms" in item && item.ts_ms !== null && !Number.isFinite(item.ts_ms)) {
    throw new Error(`time ${item.ts_ms}`);
  }
}
