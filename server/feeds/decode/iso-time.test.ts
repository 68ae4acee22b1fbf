import { expect, test } from "bun:test";
import fc from "fast-check";
import { isoMicros } from "../../../core/messages/trade.ts";
import { isoTime } from "./iso-time.ts";

test("times of venues, to the microsecond", () => {
  expect(isoTime("2021-04-17T16:43:30.244075Z")).toBe(Date.UTC(2021, 3, 17, 16, 43, 30, 244) + 0.075);
  expect(isoTime("2021-02-22T15:51:45.335689322Z")).toBe(Date.UTC(2021, 1, 22, 15, 51, 45, 335) + 0.689);
  expect(isoTime("2021-02-22T19:15:00Z")).toBe(Date.UTC(2021, 1, 22, 19, 15));
  expect(isoTime("2021-02-22T15:51:44.2Z")).toBe(Date.UTC(2021, 1, 22, 15, 51, 44, 200));
  expect(isoTime("2024-02-29 00:00:00+00:00")).toBe(Date.UTC(2024, 1, 29));
});

test("what is no time", () => {
  const none = [
    "",
    "now",
    "2021-02-30T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2021-13-01T00:00:00Z",
    "2021-01-00T00:00:00Z",
    "2021-01-01T24:00:00Z",
    "2021-01-01T00:60:00Z",
    "2021-01-01T00:00:60Z",
    "2021-01-01T00:00:00",
    "2021-01-01T00:00:00.Z",
    "2021-01-01T00:00:00.1234567890Z",
    "2021-01-01T00:00:00+01:00",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00Z",
    "2o21-01-01T00:00:00Z",
    "2021/01/01T00:00:00Z",
    "2021-01-01T00:00:00Z ",
    null,
    7,
    {},
  ];
  for (const value of none) expect(isoTime(value)).toBe(-1);
});

test("every time that ids spell is read back", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100_000_000_000, max: 4_000_000_000_000 }),
      fc.integer({ min: 0, max: 999 }),
      (ms, us) => {
        const time_ms = ms + us / 1_000;
        expect(isoTime(isoMicros(time_ms))).toBe(time_ms);
      },
    ),
  );
});
