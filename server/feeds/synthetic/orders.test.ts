import { describe, expect, test } from "bun:test";
import { Book, type MarketRecord, Quote } from "../../../core/messages/index.ts";
import { createMarket } from "./market.ts";
import { BOOK_EVERY_MS, Orders, QUOTE_EVERY_MS } from "./orders.ts";
import { SYMBOLS } from "./symbols.ts";
import { recorded, runFeed, T0 } from "./test-support/run.ts";

const market = createMarket(7);
const orders = new Orders(market, 7);
const quotesOf = (records: readonly MarketRecord[]) => records.filter((one) => one.kind === "quote");

describe("the synthetic order book", () => {
  test("is a function of seed and time, well formed, of every symbol", () => {
    const said = orders.at(T0, T0 + 3);
    expect(JSON.stringify(new Orders(createMarket(7), 7).at(T0, T0 + 3))).toBe(JSON.stringify(said));
    expect(JSON.stringify(new Orders(market, 8).at(T0, T0 + 3))).not.toBe(JSON.stringify(said));
    expect(said.filter((one) => one.kind === "quote").map((one) => Quote.parse(one).symbol)).toEqual(
      SYMBOLS.map(({ symbol }) => symbol),
    );
    expect(said.filter((one) => one.kind === "book").map((one) => Book.parse(one).bids.length)).toEqual(
      SYMBOLS.map(() => 20),
    );
    expect(orders.at(T0 + QUOTE_EVERY_MS, T0).every(({ kind }) => kind === "quote")).toBe(
      BOOK_EVERY_MS > QUOTE_EVERY_MS,
    );
  });

  test("bids below asks, the best first, in whole ticks and lots; its best levels are the quote", () => {
    for (let i = 0; i < 200; i++) {
      const at_ms = T0 + i * 60_000;
      const said = orders.at(at_ms, at_ms);
      for (const [index, spec] of SYMBOLS.entries()) {
        const quote = said.find((one): one is Quote => one.kind === "quote" && one.symbol === spec.symbol)!;
        const book = said.find((one): one is Book => one.kind === "book" && one.symbol === spec.symbol)!;
        expect([quote.bid, quote.bid_size, quote.ask, quote.ask_size]).toEqual([...book.bids[0]!, ...book.asks[0]!]);
        const middle = market.priceAt(index, at_ms);
        expect(quote.bid!).toBeLessThan(middle);
        expect(quote.ask!).toBeGreaterThan(middle);
        const ticks = 2 * 10 ** -spec.decimals;
        expect(quote.ask! - quote.bid!).toBeLessThan(middle * (spec.halfSpreadBps / 10_000) * 4 + ticks);
        const prices = [...book.bids.map(([price]) => price).reverse(), ...book.asks.map(([price]) => price)];
        expect(prices).toEqual([...prices].sort((a, b) => a - b));
        expect(new Set(prices).size).toBe(prices.length);
        for (const [price, size] of [...book.bids, ...book.asks]) {
          expect(Number(price.toFixed(spec.decimals))).toBe(price);
          expect(Number(size.toFixed(spec.sizeDecimals))).toBe(size);
          expect(size).toBeGreaterThan(0);
        }
      }
    }
  });

  test("is told as it is now, in step with the clock, and never of the past", async () => {
    const { emitted } = await runFeed({ start_ms: T0, until_ms: T0 + 5_000, resume: recorded(T0 - 20_000) });
    const quotes = emitted.filter(({ record }) => record.kind === "quote");
    expect(quotes.length).toBeGreaterThanOrEqual(SYMBOLS.length * 15);
    for (const { at_ms, record } of quotes) {
      const { ts_ms, recv_ms } = record as Quote;
      expect(ts_ms % QUOTE_EVERY_MS).toBe(0);
      expect(recv_ms).toBe(at_ms);
      expect(at_ms - ts_ms).toBeLessThan(QUOTE_EVERY_MS);
      expect(ts_ms).toBeGreaterThan(T0);
    }
  });

  test("a connection that is mute tells none, and what it missed does not come later", async () => {
    const { records } = await runFeed({
      start_ms: T0,
      until_ms: T0 + 60_000,
      acts_at_ms: T0,
      scenario: "tour",
      resume: recorded(T0 - 1_000),
    });
    const gap = records.find((one) => one.kind === "gap" && one.status === "filled");
    expect(gap).toBeDefined();
    const { from_ms, to_ms } = gap as { from_ms: number; to_ms: number };
    const inside = quotesOf(records).filter((one) => one.ts_ms > from_ms && one.ts_ms < to_ms);
    expect(to_ms - from_ms).toBeGreaterThan(3_000);
    expect(inside).toEqual([]);
    expect(quotesOf(records).at(-1)!.ts_ms).toBeGreaterThan(to_ms);
  });
});
