import { expect, test } from "bun:test";
import { makeAlert } from "../test-support/fake-alerts.ts";
import { makeBar, makeStatus } from "../test-support/fake-market.ts";
import { readEvent } from "./events.ts";

const read = (event: string, record: unknown) =>
  readEvent({ event, data: typeof record === "string" ? record : JSON.stringify(record), id: "1" });

test("every record kind of the page is read", () => {
  const bar = makeBar({ symbol: "BTCUSDT", interval: "1m", start_ts_ms: 1_790_000_040_000 });
  expect(read("bar", bar)).toEqual({ ok: { event: "bar", record: bar } });
  const status = makeStatus({ ts_ms: 1_790_000_040_000 });
  expect(read("status", status)).toEqual({ ok: { event: "status", record: status } });
  expect(read("alert", makeAlert({ id: "a" }))).toMatchObject({ ok: { event: "alert", record: { id: "a" } } });
  expect(read("reset", { reason: "future_id" })).toEqual({ ok: { event: "reset", record: { reason: "future_id" } } });
  expect(read("reset", {})).toEqual({ ok: { event: "reset", record: { reason: "" } } });
});

test("what breaks its schema is named, and never reaches a store", () => {
  const bar = makeBar({ symbol: "BTCUSDT", interval: "1m", start_ts_ms: 1_790_000_040_000 });
  for (const bad of [{ ...bar, close: -1 }, { ...bar, revision: 0.5 }, { ...bar, high: "9" }, {}, null, [], "{"]) {
    expect(read("bar", bad)).toHaveProperty("bad");
  }
  expect(read("bar", { ...bar, close: -1 })).toMatchObject({ bad: expect.stringContaining("close") });
});

test("a kind of a newer server is no mistake, nor is a name every object has", () => {
  expect(read("weather", {})).toEqual({ unknown: "weather" });
  expect(read("toString", {})).toEqual({ unknown: "toString" });
});
