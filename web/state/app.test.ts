import { describe, expect, test } from "bun:test";
import { M, settled, appWorld as world } from "../test-support/app-world.ts";
import { makeAlert } from "../test-support/fake-alerts.ts";
import { makeBar } from "../test-support/fake-market.ts";
import { ApiProblem } from "./api.ts";

describe("the page's state", () => {
  test("asks for history only once the stream stands, so that nothing falls between the two", async () => {
    const w = world();
    w.log.set("BTCUSDT 1m", [w.bar(0), w.bar(1, { final: false })]);
    w.app.start();
    await settled();
    expect(w.asked).toEqual([]);
    w.last().opened();
    // Between the stream's start and history's answer the bar ends.
    w.last().event("bar", w.bar(1), "b1");
    w.last().event("bar", w.bar(2, { final: false }), "b2");
    await settled();
    expect(w.minutes()).toEqual([0, 1, 2]);
    expect(w.app.bars.series("BTCUSDT", "1m").at(w.t0 + M)?.bar.final).toBe(true);
  });

  test("starts with BTC, and with the last choice the next time", async () => {
    const w = world();
    await w.open();
    expect(w.app.symbol.get()).toBe("BTCUSDT");
    w.app.selectSymbol("NOSUCH");
    expect(w.app.symbol.get()).toBe("BTCUSDT");
    w.app.selectSymbol("ETHUSDT");
    expect(w.app.prefs.get().symbol).toBe("ETHUSDT");
  });

  test("a resumed stream brings what was missed: no candle doubled, none missing, none asked for again", async () => {
    const w = world();
    w.log.set(
      "BTCUSDT 1m",
      Array.from({ length: 400 }, (_, i) => w.bar(i - 399)),
    );
    await w.open();
    w.last().event("bar", w.bar(1, { final: false }), "b1");
    const askedBefore = w.asked.filter((query) => query.symbol === "BTCUSDT").length;
    w.last().closed("the server cannot be reached");
    w.clock.pass(300);
    expect(w.last().lastEventId).toBe("b1");
    w.last().opened();
    w.status("b1");
    for (const minute of [1, 2, 3]) w.last().event("bar", w.bar(minute), "b1");
    expect(w.app.trust.view()).toMatchObject({ state: "catching_up", words: "3 missed candles received." });
    w.last().event("bar", w.bar(10, { final: false }), "b5");
    await settled();
    expect(w.app.trust.view().state).toBe("live");
    expect(w.minutes().slice(-5)).toEqual([0, 1, 2, 3, 10]);
    expect(new Set(w.minutes()).size).toBe(w.minutes().length);
    expect(w.asked.filter((query) => query.symbol === "BTCUSDT")).toHaveLength(askedBefore);
  });

  test("a reset loads everything anew and lets go of what the server no longer says", async () => {
    const w = world();
    w.log.set("BTCUSDT 1m", [w.bar(0, { revision: 4, close: 1 }), w.bar(1), w.bar(2)]);
    await w.open();
    w.log.set("BTCUSDT 1m", [w.bar(0, { close: 2 }), w.bar(2)]);
    w.last().closed("gone");
    w.clock.pass(300);
    w.last().opened();
    w.last().event("reset", { reason: "log_changed" }, "n0");
    w.status("n1");
    w.last().event("bar", w.bar(3), "n2");
    await settled();
    expect(w.minutes()).toEqual([0, 2, 3]);
    expect(w.app.bars.series("BTCUSDT", "1m").at(w.t0)?.bar).toMatchObject({ revision: 0, close: 2 });
  });

  test("when the server shows another world the page begins anew, and takes nothing of it before", async () => {
    const w = world();
    await w.open();
    w.status("s1", { origin: "synthetic" });
    w.last().closed("gone");
    w.clock.pass(300);
    w.last().opened();
    w.last().event("reset", { reason: "log_changed" }, "n0");
    expect(w.reloads()).toBe(0);
    w.status("n1", { origin: "live" });
    expect(w.reloads()).toBe(1);
    expect(w.last().aborted()).toBe(true);
  });

  test("another interval goes on from the same place, and is loaded", async () => {
    const w = world();
    await w.open();
    w.last().event("bar", w.bar(1, { final: false }), "b1");
    const five = makeBar({ symbol: "BTCUSDT", interval: "5m", start_ts_ms: w.t0 });
    w.log.set("BTCUSDT 5m", [five]);
    w.app.selectInterval("5m");
    expect(w.last().url).toContain("intervals=1m,5m");
    expect(w.last().lastEventId).toBe("b1");
    w.last().opened();
    await settled();
    expect(w.minutes("5m")).toEqual([0]);
    expect(w.app.history.get()).toEqual({ loading: false, problem: null });
  });

  test("history that fails is said in words and tried again", async () => {
    const w = world();
    w.fail(new ApiProblem("1m candles of BTCUSDT: the server answered 503", 503));
    await w.open();
    expect(w.app.history.get()).toEqual({ loading: false, problem: "1m candles of BTCUSDT: the server answered 503" });
    w.fail(null);
    w.log.set("BTCUSDT 1m", [w.bar(0)]);
    w.status("s1");
    w.clock.pass(1_000);
    w.status("s2");
    w.clock.pass(1_000);
    await settled();
    expect(w.app.history.get().problem).toBeNull();
    expect(w.minutes()).toEqual([0]);
  });

  test("older pages are asked for by the oldest candle, one at a time, until there is nothing older", async () => {
    const w = world();
    w.log.set(
      "BTCUSDT 1m",
      Array.from({ length: 1_000 }, (_, i) => w.bar(i - 999)),
    );
    await w.open();
    const older = () => w.asked.filter((query) => query.to !== undefined);
    await Promise.all([w.app.loadOlder(), w.app.loadOlder()]);
    expect(older()).toHaveLength(1);
    expect(w.minutes()).toHaveLength(1_000);
    await w.app.loadOlder();
    await w.app.loadOlder();
    expect(older()).toHaveLength(2);
    expect(w.app.bars.series("BTCUSDT", "1m").reachesStart()).toBe(true);
  });

  test("an event that breaks its schema is counted and changes nothing", async () => {
    const w = world();
    await w.open();
    w.last().event("bar", { ...w.bar(1), close: -5 }, "b1");
    expect(w.app.badEvents.get()).toBe(1);
    expect(w.minutes()).toEqual([]);
  });
});

describe("alerts", () => {
  const persist = { parts: [{ kind: "part_status", part: "persist", ts_ms: 1, state: "live", text: "" }] };

  test("a server without a store is not asked for what it cannot have", async () => {
    const w = world();
    await w.open();
    expect([w.app.alerts.state(), w.alertsAsked()]).toEqual(["absent", 0]);
  });

  test("with a store the list is loaded once, and a 404 is no failure", async () => {
    const w = world();
    await w.open();
    w.status("s1", persist);
    w.status("s2", persist);
    await settled();
    expect([w.app.alerts.state(), w.alertsAsked()]).toEqual(["ready", 1]);

    const missing = world({ alerts: () => Promise.reject(new ApiProblem("Alerts: not found", 404)) });
    await missing.open();
    missing.status("s1", persist);
    await settled();
    expect([missing.app.alerts.state(), missing.app.alerts.problem()]).toEqual(["absent", null]);
  });

  test("one of now is called out; one from before the connection is only listed", async () => {
    const w = world();
    await w.open();
    w.last().event("alert", makeAlert({ id: "old", start_ms: w.t0, updated_ms: w.t0 }), "a1");
    w.last().event("alert", makeAlert({ id: "new", start_ms: w.clock.now(), updated_ms: w.clock.now() }), "a2");
    expect(w.app.alerts.list().map((alert) => alert.id)).toEqual(["new", "old"]);
    expect(w.app.alerts.takeAnnouncements().map((alert) => alert.id)).toEqual(["new"]);
  });
});
