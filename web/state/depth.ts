import type { Book } from "../../core/messages/book.ts";

export interface DepthRow {
  readonly price: number;
  readonly size: number;
  /** Of all that is shown up to here, as a share of the larger side: how long its bar is. */
  readonly share: number;
}

export interface DepthView {
  /** Best first. */
  readonly bids: readonly DepthRow[];
  readonly asks: readonly DepthRow[];
  /** Of the size shown on both sides, how much wants to buy; null for an empty book. */
  readonly bid_share: number | null;
}

/** The best levels of a book, added up from the middle outwards. */
export function depthView({ bids, asks }: Pick<Book, "bids" | "asks">, levels: number): DepthView {
  const shown = [bids.slice(0, levels), asks.slice(0, levels)] as const;
  const [bought, sold] = shown.map((side) => side.reduce((sum, [, size]) => sum + size, 0)) as [number, number];
  const most = Math.max(bought, sold);
  const rows = (side: Book["bids"]): DepthRow[] => {
    let sum = 0;
    return side.map(([price, size]) => {
      sum += size;
      return { price, size, share: most > 0 ? sum / most : 0 };
    });
  };
  return {
    bids: rows(shown[0]),
    asks: rows(shown[1]),
    bid_share: bought + sold > 0 ? bought / (bought + sold) : null,
  };
}
