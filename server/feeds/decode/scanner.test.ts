import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { eventId } from "../../../core/messages/trade.ts";
import { CountedTexts, EventIds } from "./ids.ts";
import { Names } from "./names.ts";
import { Literal, SCAN_BYTES_MAX, Scanner } from "./scanner.ts";

const scanner = new Scanner();
const read = <T>(text: string, what: (scanner: Scanner) => T): [T, number] => {
  expect(scanner.load(new TextEncoder().encode(text))).toBe(true);
  const value = what(scanner);
  return [value, scanner.at];
};
const decimal = (text: string): number => read(text, (s) => s.decimal())[0];
const whole = (text: string): number => read(text, (s) => s.whole())[0];

describe("numbers", () => {
  test("decimals are the doubles Number makes of the same text, bit for bit", () => {
    const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
    fc.assert(
      fc.property(digits(9), digits(9), (a, b) => {
        const text = `${a.replace(/^0+(?=\d)/, "")}.${b}`;
        const value = decimal(text);
        if (Number.isNaN(value)) return Number(text.replace(".", "")) > Number.MAX_SAFE_INTEGER || text.length > 17;
        return Object.is(value, Number(text));
      }),
      { numRuns: 20_000 },
    );
    for (const text of ["0", "0.0", "61837.63000000", "0.00000001", "9007199254740991", "0.1", "450359962737049.5"])
      expect([text, decimal(text)]).toEqual([text, Number(text)]);
  });

  test("what cannot be done exactly, or JSON does not have, is left to others", () => {
    for (const text of [
      "",
      ".",
      "-1",
      "+1",
      "1.",
      ".5",
      "01",
      "00.5",
      "9007199254740993",
      "12345678901234567",
      "4503599627370497.5",
      "x",
      "NaN",
      `1.${"0".repeat(20)}`,
    ])
      expect([text, decimal(text)]).toEqual([text, Number.NaN]);
    expect(read("1.5e3", (s) => s.decimal())).toEqual([1.5, 3]);
  });

  test("whole numbers up to 2^53 − 1, without zeros before them", () => {
    for (const text of ["0", "7", "1234", "12345678", "3735683259", "9007199254740991"])
      expect([text, whole(text)]).toEqual([text, Number(text)]);
    for (const text of ["", "-1", "01", "00", "9007199254740992", "99999999999999999999", "x"])
      expect([text, whole(text)]).toEqual([text, -1]);
    expect(read("12a", (s) => s.whole())).toEqual([12, 2]);
  });

  test("times of 13 digits", () => {
    expect(read("1723161255343,", (s) => s.time())).toEqual([1_723_161_255_343, 13]);
    for (const text of [
      "172316125534",
      "17231612553433",
      "0723161255343",
      "17231612553x3",
      "172316125534:",
      "9999",
      "",
    ])
      expect([text, read(text, (s) => s.time())]).toEqual([text, [-1, 0]]);
  });

  test("any byte in any place of four", () => {
    for (let place = 0; place < 4; place++) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = new Uint8Array([0x31, 0x32, 0x33, 0x34]);
        bytes[place] = byte;
        scanner.load(bytes);
        const digits = /^[0-9]*/.exec(String.fromCharCode(...bytes))![0];
        const expected = digits === "" || (digits.length > 1 && digits[0] === "0") ? -1 : Number(digits);
        expect([place, byte, scanner.whole()]).toEqual([place, byte, expected]);
      }
    }
  });

  test("a shorter frame does not read what the longer one before it left behind", () => {
    scanner.load(new TextEncoder().encode("1723161255343999"));
    expect(read("17", (s) => s.whole())).toEqual([17, 2]);
    scanner.load(new TextEncoder().encode("1723161255343999"));
    expect(read("17231612", (s) => s.time())[0]).toBe(-1);
  });
});

describe("texts", () => {
  test("literals of any length, found only where they stand", () => {
    const text = "abcdefghijklmnop";
    for (let length = 1; length <= text.length; length++) {
      const literal = new Literal(text.slice(0, length));
      expect(read(text, (s) => s.skip(literal))).toEqual([true, length]);
      expect(read(text.slice(0, length - 1), (s) => s.skip(literal))).toEqual([false, 0]);
      for (let at = 0; at < length; at++) {
        const changed = `${text.slice(0, at)}#${text.slice(at + 1)}`;
        expect(read(changed, (s) => s.skip(literal))).toEqual([false, 0]);
      }
    }
  });

  test("names end at their quote; escapes, controls and other scripts are left to others", () => {
    expect(read('BTC"', (s) => s.name() && s.nameText())).toEqual(["BTC", 3]);
    for (const text of ["BTC", 'B\\"', 'B\u0001"', 'é"', 'B\u007f"', ""])
      expect(read(text, (s) => s.name())[0]).toBe(false);
  });

  test("frames as texts are read as their bytes; longer ones than the bound are not read", () => {
    expect(scanner.load('é{"')).toBe(true);
    expect([scanner.end, scanner.skip(new Literal("é{"))]).toEqual([4, true]);
    expect(scanner.load("x".repeat(SCAN_BYTES_MAX))).toBe(true);
    expect(scanner.load("x".repeat(SCAN_BYTES_MAX + 1))).toBe(false);
    expect(scanner.load("é".repeat(SCAN_BYTES_MAX - 1))).toBe(false);
    expect(scanner.load(new Uint8Array(SCAN_BYTES_MAX + 1))).toBe(false);
  });

  test("names are found again by their bytes, through collisions and beyond the bound", () => {
    const names = new Names<string>();
    const of = (text: string): string | undefined => {
      read(`${text}"`, (s) => s.name());
      return names.find(scanner);
    };
    // Two pairs of letters with the same number: a·31 + b.
    for (const text of ["Aa", "BB", "AaAa", "BBBB", "AaBB"]) {
      expect(of(text)).toBeUndefined();
      names.add(scanner, text);
    }
    for (const text of ["Aa", "BB", "AaAa", "BBBB", "AaBB"]) expect(of(text)).toBe(text);
    expect(of("BBAa")).toBeUndefined();
    for (let i = 0; i < 10_000; i++) {
      expect(of(`S${i}`)).toBeUndefined();
      names.add(scanner, `S${i}`);
      expect(of(`S${i}`)).toBe(`S${i}`);
    }
  });
});

test("ids are those that eventId and String make", () => {
  const ids = new EventIds("p", "S");
  const texts = new CountedTexts();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9e12 }), fc.maxSafeNat(), (ts_ms, id) => {
      for (const n of [id, id + 1 <= Number.MAX_SAFE_INTEGER ? id + 1 : id, id % 1_000, id]) {
        expect(texts.of(n)).toBe(String(n));
        expect(ids.of(ts_ms, texts.of(n))).toBe(eventId("p", "S", ts_ms, n));
      }
      expect(ids.of(ts_ms + 1, "1")).toBe(eventId("p", "S", ts_ms + 1, 1));
    }),
    { numRuns: 2_000 },
  );
});
