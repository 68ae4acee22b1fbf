import { describe, expect, test } from "bun:test";
import type { Quote } from "../../../core/messages/index.ts";
import { readText, SHARED } from "../../../core/test-support/shared.ts";
import { binance } from "../binance/spec.ts";
import { captured, hasCaptures, WS } from "../test-support/captures.ts";
import type { BookUpdate, Item } from "../venue.ts";
import { createBookKeeper } from "./keeper.ts";

const context = { provider: "binance", symbolOf: (symbol: string) => symbol };
const oracle = (): Record<string, { depth: number; book: Record<string, unknown> }> =>
  JSON.parse(readText(`${SHARED}/data/oracle/expected_candles.json.gz`));

/** The quote in force at an update id: its own, or the newest before it. */
function quoteAt(quotes: readonly Quote[], seq: number): Quote | undefined {
  let low = 0;
  let high = quotes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (quotes[middle]!.seq <= seq) low = middle + 1;
    else high = middle;
  }
  return quotes[low - 1];
}

function items(name: string, symbol: string): Item[] {
  const found: Item[] = [];
  for (const { text, recv_ms } of captured(name)) {
    binance.parse(text, recv_ms, context, (item) => {
      const book = item.kind === "unknown" ? binance.recordedBook!(item.text, symbol, recv_ms, context) : null;
      found.push(book ?? item);
    });
  }
  return found;
}

describe.skipIf(!hasCaptures)("the book after every change is what the venue says of its best levels", () => {
  for (const [name, symbol] of [
    ["binance-spot/btcusdt_20240808.gz", "BTCUSDT"],
    ["binance-usdm/ethusdt_20240808.gz", "ETHUSDT"],
  ] as const) {
    test(name, () => {
      const all = items(name, symbol);
      const quotes = all.filter((item): item is Quote => item.kind === "quote");
      expect(quotes.every((quote, i) => i === 0 || quote.seq > quotes[i - 1]!.seq)).toBe(true);
      const asked: string[] = [];
      const keeper = createBookKeeper({ rule: binance.bookRule!, needsBook: (_, why) => asked.push(why) });
      let compared = 0;
      let equal = 0;
      let last: unknown[] = [];
      let isWhole = false;
      for (const item of all) {
        if (item.kind !== "book_update") continue;
        keeper.apply(item, ({ seq, bids, asks, depth }) => {
          // The whole book itself is the start, not a change.
          const quote = isWhole || !item.snapshot ? quoteAt(quotes, seq) : undefined;
          isWhole = true;
          last = [bids[0]![0], asks[0]![0], depth];
          if (quote === undefined) return;
          compared++;
          const best = [bids[0]![0], bids[0]![1], asks[0]![0], asks[0]![1]];
          if (best.every((value, i) => value === [quote.bid, quote.bid_size, quote.ask, quote.ask_size][i])) equal++;
        });
      }
      const { depth, book } = oracle()[name]!;
      const levels = book.final_levels as number[];
      expect(asked).toEqual(["start"]);
      expect(keeper.counts).toMatchObject({ breaks: 0, dropped: 0 });
      expect(keeper.counts.applied - 1 + keeper.counts.old).toBe(depth);
      expect({ dropped: keeper.counts.old, applied: keeper.counts.applied - 1 }).toEqual({
        dropped: book.dropped as number,
        applied: book.applied as number,
      });
      // More than the reference compared, where it took the first quotes for unknown.
      expect(compared).toBe(keeper.counts.applied - 1);
      expect(compared).toBeGreaterThanOrEqual(book.compared as number);
      expect(equal).toBe(compared);
      expect(last).toEqual([Number(book.final_best_bid), Number(book.final_best_ask), Math.max(...levels)]);
    });
  }

  test("cryptofeed: whole books from REST while the stream runs", () => {
    const byTime: { recv_ms: number; item: BookUpdate }[] = [];
    const quotes = new Map<string, Quote[]>();
    for (const { text, recv_ms } of captured("cryptofeed/BINANCE.ws.1.0.gz")) {
      binance.parse(text, recv_ms, context, (item) => {
        if (item.kind === "book_update") byTime.push({ recv_ms, item });
        else if (item.kind === "quote") quotes.set(item.symbol, [...(quotes.get(item.symbol) ?? []), item]);
      });
    }
    const symbols: string[] = [];
    for (const line of readText(`${WS}/cryptofeed/BINANCE.http.0.0.gz`).split("\n")) {
      const read = /symbol=([A-Z]+)&limit=1000 -> ([\d.]+): (.*)$/.exec(line);
      if (read === null) continue;
      const recv_ms = Number(read[2]) * 1_000;
      symbols.push(read[1]!);
      byTime.push({ recv_ms, item: binance.recordedBook!(read[3]!, read[1]!, recv_ms, context)! });
    }
    byTime.sort((a, b) => a.recv_ms - b.recv_ms);
    const asked: string[] = [];
    const keeper = createBookKeeper({
      rule: binance.bookRule!,
      needsBook: (symbol, why) => asked.push(`${symbol} ${why}`),
    });
    const last = new Map<string, { seq: number; best: unknown[] }>();
    for (const { item } of byTime) {
      keeper.apply(item, ({ symbol, seq, bids, asks }) => last.set(symbol, { seq, best: [...bids[0]!, ...asks[0]!] }));
    }
    expect(symbols.length).toBeGreaterThan(0);
    expect(keeper.counts).toMatchObject({ breaks: 0, dropped: 0 });
    expect(asked.every((why) => why.endsWith(" start"))).toBe(true);
    for (const symbol of symbols) {
      const quote = quoteAt(quotes.get(symbol) ?? [], last.get(symbol)!.seq);
      if (quote === undefined) continue;
      expect([symbol, ...last.get(symbol)!.best]).toEqual([
        symbol,
        quote.bid,
        quote.bid_size,
        quote.ask,
        quote.ask_size,
      ]);
    }
  });
});
