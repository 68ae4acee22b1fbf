import { expect, test } from "bun:test";
import type { Alert } from "../../core/messages/alert.ts";
import { makeAlert, makeEvidence } from "../test-support/fake-alerts.ts";
import { makeManualFrame } from "../test-support/manual-frame.ts";
import { makeAlerts, moveSince } from "./alerts.ts";

const T0 = 1_790_000_000_000;
const alert = (id: string, values: Partial<Alert> = {}) => makeAlert({ id, ...values });
const world = () => makeAlerts({ frame: makeManualFrame().frame });
const ids = (list: readonly Alert[]): string[] => list.map((one) => one.id);

test("newest first, the highest revision of each, in whatever order they come", () => {
  const alerts = world();
  alerts.put(alert("b", { start_ms: T0 + 5, revision: 2, state: "over" }), true);
  alerts.put(alert("b", { start_ms: T0 + 5, revision: 1, title: "older statement" }), true);
  alerts.loaded([alert("c", { start_ms: T0 + 9 }), alert("b", { start_ms: T0 + 5 }), alert("a", { start_ms: T0 })]);
  expect(ids(alerts.list())).toEqual(["c", "b", "a"]);
  expect(alerts.get("b")).toMatchObject({ revision: 2, state: "over" });
});

test("one that was grouped into a market alert leaves the list; one of a storm stays, unsaid", () => {
  const alerts = world();
  alerts.put(alert("a"), true);
  alerts.put(alert("a", { revision: 2, suppressed: "market" }), true);
  expect(alerts.list()).toEqual([]);
  alerts.takeAnnouncements();
  alerts.put(alert("s", { suppressed: "storm" }), true);
  expect([ids(alerts.list()), alerts.takeAnnouncements()]).toEqual([["s"], []]);
});

test("called out when it opens and when it grows; not for a summary, its end, the past or what is suppressed", () => {
  const alerts = world();
  const said = () => ids(alerts.takeAnnouncements());
  alerts.put(alert("a"), true);
  expect(said()).toEqual(["a"]);
  expect(said()).toEqual([]);
  alerts.put(alert("a", { revision: 1, summary: "better" }), true);
  expect(said()).toEqual([]);
  alerts.put(alert("a", { revision: 2, state: "escalated" }), true);
  expect(said()).toEqual(["a"]);
  alerts.put(alert("a", { revision: 4, state: "over" }), true);
  alerts.put(alert("missed"), false);
  alerts.put(alert("market", { suppressed: "market" }), true);
  alerts.put(alert("history", { would_have: true }), true);
  alerts.loaded([alert("loaded")]);
  expect(said()).toEqual([]);
});

test("j and k walk the list and stop at its ends", () => {
  const alerts = world();
  expect(alerts.step(1)).toBeNull();
  alerts.loaded([alert("a", { start_ms: T0 }), alert("b", { start_ms: T0 + 1 }), alert("c", { start_ms: T0 + 2 })]);
  expect([alerts.step(1), alerts.step(1), alerts.step(1), alerts.step(1)]).toEqual(["c", "b", "a", "a"]);
  expect(alerts.step(-1)).toBe("b");
});

test("market alerts belong to each of their symbols", () => {
  const alerts = world();
  alerts.loaded([alert("m", { symbol: "*", symbols: ["BTCUSDT", "ETHUSDT"] }), alert("s", { symbol: "SOLUSDT" })]);
  expect(ids(alerts.bySymbol("ETHUSDT"))).toEqual(["m"]);
  expect(ids(alerts.bySymbol("SOLUSDT"))).toEqual(["s"]);
});

test("is bounded: the oldest go", () => {
  const alerts = world();
  alerts.loaded(Array.from({ length: 800 }, (_, i) => alert(`a${i}`, { start_ms: T0 + i })));
  expect(alerts.list().length).toBeLessThanOrEqual(550);
  expect(alerts.list()[0]?.id).toBe("a799");
});

test("what only history would have brought is a list of its own, until the move goes on", () => {
  const alerts = world();
  alerts.loaded([
    alert("past", { would_have: true, start_ms: T0 }),
    alert("older", { would_have: true, start_ms: T0 - 1 }),
    alert("real"),
  ]);
  expect(alerts.wouldHave().map(({ id }) => id)).toEqual(["past", "older"]);
  expect(alerts.list().map(({ id }) => id)).toEqual(["real"]);
  expect(alerts.get("past")?.would_have).toBe(true);
  alerts.put(alert("past", { revision: 2 }), true);
  expect(alerts.wouldHave().map(({ id }) => id)).toEqual(["older"]);
  expect(alerts.list().map(({ id }) => id)).toContain("past");
  expect(ids(alerts.takeAnnouncements())).toEqual(["past"]);
});

test("how far a move has come by now is told from where it began", () => {
  const evidence = makeEvidence({ from: { price: 50, ts_ms: T0 } });
  expect(moveSince({ evidence }, 53)).toBeCloseTo(0.06, 12);
  expect(moveSince({ evidence }, null)).toBeNull();
  expect(moveSince({ evidence: makeEvidence() }, 53)).toBeNull();
});
