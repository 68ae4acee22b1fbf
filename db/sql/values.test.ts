import { expect, test } from "bun:test";
import { epochMs, isoTime } from "./time.ts";
import { arrayLiteral, cleanText, jsonText } from "./values.ts";

test("array literals protect what they must", () => {
  expect(arrayLiteral([])).toBe("{}");
  expect(arrayLiteral([1.5, -2, 1e-7, 1e21])).toBe("{1.5,-2,1e-7,1e+21}");
  expect(arrayLiteral([null, true, "NULL", "", 'a"b\\c', "{x,y}"])).toBe('{NULL,true,"NULL","","a\\"b\\\\c","{x,y}"}');
});

test("text without NUL and half surrogates; whole ones stay", () => {
  expect(cleanText("a\0b\ud800c😀")).toBe("a\ufffdb\ufffdc😀");
});

test("JSON without the escapes that jsonb refuses, in keys and at any depth", () => {
  expect(jsonText({ "k\0": [{ v: "\ud800" }], n: null, ok: "😀\u2028" })).toBe(
    JSON.stringify({ "k\ufffd": [{ v: "\ufffd" }], n: null, ok: "😀\u2028" }),
  );
  // The six characters backslash, u, 0… are text, not an escape.
  expect(JSON.parse(jsonText({ v: "\\u0000" }))).toEqual({ v: "\\u0000" });
});

test("times keep microseconds, whatever their zone", () => {
  expect(epochMs("2024-01-01T00:00:00Z")).toBe(1_704_067_200_000);
  expect(epochMs("2024-01-01T01:00:00.123456+01:00")).toBeCloseTo(1_704_067_200_123.456, 3);
  expect(epochMs("2024-01-01T00:00:00.1234Z")).toBeCloseTo(1_704_067_200_123.4, 3);
  expect(epochMs("2024-01-01T00:00:00.500000+00:00")).toBe(1_704_067_200_500);
  expect(isoTime(1_704_067_200_123.456)).toBe("2024-01-01T00:00:00.123456Z");
  expect(isoTime(1_704_067_200_123)).toBe("2024-01-01T00:00:00.123Z");
  expect(() => epochMs("soon")).toThrow("no ISO-8601 time");
});
