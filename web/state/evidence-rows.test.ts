import { expect, test } from "bun:test";
import { makeAlert } from "../test-support/fake-alerts.ts";
import { evidenceRows } from "./evidence-rows.ts";

const T = "\u2009";

test("numbers get names and units; what is drawn is not listed again; the unknown is shown as it came", () => {
  const evidence = {
    prices: [],
    volume_ratio: 40.2,
    buyer_share: 0.83,
    spread_bps: 1.4,
    span_ms: 48_000,
    note: "x",
    more: [1, 2],
    none: null,
    whole: true,
  };
  const rows = evidenceRows(makeAlert({ id: "a", evidence: evidence as never }));
  expect(rows).toEqual([
    ["Move", `+6.21${T}%`],
    ["Limit", `+5.00${T}%`],
    ["Window", "1m"],
    ["Volume ratio", "40.2"],
    ["Buyer share", `83.0${T}%`],
    ["Spread", `1.40${T}bps`],
    ["Span", `48${T}000${T}ms`],
    ["Note", "x"],
    ["More", "[1,2]"],
    ["Whole", "yes"],
  ]);
});

test("is bounded in rows and in text", () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`field_${i}`, "x".repeat(1_000)]));
  const rows = evidenceRows(makeAlert({ id: "a", evidence: many as never }));
  expect(rows.length).toBe(40);
  expect(Math.max(...rows.map(([, value]) => value.length))).toBeLessThanOrEqual(201);
});
