import { describe, expect, test } from "bun:test";
import { depthView } from "./depth.ts";

describe("depth", () => {
  test("sizes are added up from the middle outwards, both sides on one scale", () => {
    const view = depthView(
      {
        bids: [
          [99, 1],
          [98, 3],
        ],
        asks: [
          [101, 2],
          [102, 6],
        ],
      },
      10,
    );
    expect(view.bids.map(({ share }) => share)).toEqual([1 / 8, 4 / 8]);
    expect(view.asks.map(({ share }) => share)).toEqual([2 / 8, 1]);
    expect(view.bid_share).toBeCloseTo(4 / 12, 12);
  });

  test("only the levels that are shown count", () => {
    const view = depthView(
      {
        bids: [
          [99, 1],
          [98, 1_000],
        ],
        asks: [[101, 1]],
      },
      1,
    );
    expect([view.bids.length, view.bid_share]).toEqual([1, 0.5]);
  });

  test("an empty book has no share, and one side alone has all of it", () => {
    expect(depthView({ bids: [], asks: [] }, 10)).toEqual({ bids: [], asks: [], bid_share: null });
    expect(depthView({ bids: [[1, 0]], asks: [] }, 10).bids[0]?.share).toBe(0);
    expect(depthView({ bids: [[1, 2]], asks: [] }, 10).bid_share).toBe(1);
  });
});
