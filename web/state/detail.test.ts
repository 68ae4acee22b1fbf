import { describe, expect, test } from "bun:test";
import type { Signal } from "../../core/messages/signal.ts";
import { fakeBook, fakeFeatures, fakeSignals } from "../test-support/fake-detail.ts";
import { makeFakeTransport } from "../test-support/fake-transport.ts";
import { makeManualClock } from "../test-support/manual-clock.ts";
import { makeManualFrame } from "../test-support/manual-frame.ts";
import { makeDetail } from "./detail.ts";

const T0 = 1_763_683_200_000;

function world(signals: (symbol: string) => Promise<readonly Signal[]> = async () => []) {
  const { transport, attempts, last } = makeFakeTransport();
  const { frame, draw } = makeManualFrame();
  const detail = makeDetail({ api: { signals }, transport, clock: makeManualClock(), random: () => 0.5, frame });
  return { detail, attempts, last, draw };
}
const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};

describe("what is shown of the chosen symbol", () => {
  test("nothing is asked for before one is chosen; then its topics alone", () => {
    const w = world();
    w.detail.reconnect();
    expect(w.attempts).toHaveLength(0);
    w.detail.show("BRK/B");
    expect(w.last().url).toBe("/api/stream?topics=features,book,signals&symbols=BRK%2FB");
  });

  test("features, their trace a second apart, and the book", () => {
    const w = world();
    let drawn = 0;
    w.detail.subscribe(() => drawn++);
    w.detail.show("BTCUSDT");
    w.last().opened();
    for (let i = 0; i <= 20; i++) w.last().event("features", fakeFeatures("BTCUSDT", 100 + i, T0 + i * 100));
    w.last().event("features", fakeFeatures("BTCUSDT", 130, T0 + 2_100, { return_10s: null }));
    w.last().event("book", fakeBook("BTCUSDT", 100, 2, T0));
    w.draw();
    expect(w.detail.features()?.mid).toBe(130);
    expect(w.detail.trace("mid")).toEqual([100, 110, 120]);
    expect(w.detail.book()?.bids[0]?.[0]).toBe(99.99);
    expect(drawn).toBe(1);
  });

  test("a trace keeps to its bound, and values that are not known leave it as it is", () => {
    const w = world();
    w.detail.show("BTCUSDT");
    w.last().opened();
    for (let i = 0; i < 200; i++) {
      w.last().event("features", fakeFeatures("BTCUSDT", i, T0 + i * 1_000, { trade_vwap_10s: i < 3 ? i : null }));
    }
    expect(w.detail.trace("mid")).toHaveLength(90);
    expect(w.detail.trace("mid").at(-1)).toBe(199);
    expect(w.detail.trace("trade_vwap_10s")).toEqual([0, 1, 2]);
  });

  test("another symbol starts empty, and what still comes for the old one is passed over", () => {
    const w = world();
    w.detail.show("BTCUSDT");
    w.last().opened();
    const old = w.last();
    old.event("features", fakeFeatures("BTCUSDT", 1, T0));
    w.detail.show("ETHUSDT");
    expect([w.detail.features(), w.detail.trace("mid")]).toEqual([null, []]);
    w.last().opened();
    w.last().event("features", fakeFeatures("BTCUSDT", 2, T0 + 1));
    w.last().event("book", fakeBook("BTCUSDT", 2, 2, T0 + 1));
    expect([w.detail.features(), w.detail.book()]).toEqual([null, null]);
    expect(old.aborted()).toBe(true);
  });

  test("signals: those from before, those that come, each once, newest first", async () => {
    const before = fakeSignals("BTCUSDT", T0);
    const w = world(async () => before);
    w.detail.show("BTCUSDT");
    w.last().opened();
    const [known] = before;
    w.last().event("signal", known, "s1");
    const [news] = fakeSignals("BTCUSDT", T0 + 100_000);
    w.last().event("signal", news, "s2");
    await settled();
    expect(w.detail.signals().map(({ id }) => id)).toEqual([news!.id, before[0]!.id, before[1]!.id]);
  });

  test("an answer for a symbol that is no longer shown, or none at all, changes nothing", async () => {
    const asked: ((signals: readonly Signal[]) => void)[] = [];
    const w = world((symbol) =>
      symbol === "SOLUSDT" ? Promise.reject(new Error("no")) : new Promise((resolve) => asked.push(resolve)),
    );
    w.detail.show("BTCUSDT");
    w.last().opened();
    w.detail.show("SOLUSDT");
    w.last().opened();
    asked[0]?.(fakeSignals("BTCUSDT", T0));
    await settled();
    expect(w.detail.signals()).toEqual([]);
  });

  test("the server may be another one after the page's own connection was made anew", () => {
    const w = world();
    w.detail.show("BTCUSDT");
    w.last().opened();
    w.detail.reconnect();
    expect(w.attempts).toHaveLength(2);
    w.detail.stop();
    expect(w.last().aborted()).toBe(true);
  });

  test("an event that is not as agreed is passed over", () => {
    const w = world();
    w.detail.show("BTCUSDT");
    w.last().opened();
    w.last().event("features", { ...fakeFeatures("BTCUSDT", 1, T0), mid: "much" });
    w.last().event("alert", { symbol: "BTCUSDT" });
    expect(w.detail.features()).toBeNull();
  });
});
