import { expect, test } from "bun:test";
import fc from "fast-check";
import { TapebellError } from "../../core/errors.ts";
import { parseEnvFile } from "./env-file.ts";

const read = (content: string) => parseEnvFile(content, ".env").map(({ name, text }) => [name, text]);

test.each([
  ["A=1", [["A", "1"]]],
  ["A = 1 ", [["A", "1"]]],
  ["export A=1", [["A", "1"]]],
  ["A=", [["A", ""]]],
  ["# note\n\nA=1 # why", [["A", "1"]]],
  ["A=# nothing", [["A", ""]]],
  ["A=b#c", [["A", "b#c"]]],
  ["A=b=c", [["A", "b=c"]]],
  ["A='b # c' # d", [["A", "b # c"]]],
  ["A='b\\n$c'", [["A", "b\\n$c"]]],
  ['A="b\\n\\t\\"\\\\\\$c"', [["A", 'b\n\t"\\$c']]],
  ['A="\\d"', [["A", "\\d"]]],
  ["A=$HOME-$(B)-$", [["A", "$HOME-$(B)-$"]]],
  [
    "\uFEFFA=1\r\nB=2\rC=3\n",
    [
      ["A", "1"],
      ["B", "2"],
      ["C", "3"],
    ],
  ],
  [
    "A=1\nA=2",
    [
      ["A", "1"],
      ["A", "2"],
    ],
  ],
  ['A=""', [["A", ""]]],
  ["A=it's", [["A", "it's"]]],
  ["A=日本 語", [["A", "日本 語"]]],
])("%j", (content, expected) => {
  expect(read(content)).toEqual(expected as string[][]);
});

test.each(["A", "1A=2", "A B=1", "=1", 'A="b', "A='b", "A='b' c", '- "x"', "A-B=1"])(
  "%j is refused by line",
  (line) => {
    expect(() => parseEnvFile(`# first\n${line}`, ".env")).toThrow(TapebellError);
    expect(() => parseEnvFile(`# first\n${line}`, ".env")).toThrow(/^\.env line 2 /);
  },
);

test("a refusal does not show the line: it may hold a key", () => {
  expect(() => parseEnvFile('API_KEYS="hunter2', ".env")).toThrow(expect.not.stringContaining("hunter2"));
});

test("lines are counted whatever their ends", () => {
  expect(parseEnvFile("\r\n\n\rA=1", ".env")[0]?.line).toBe(4);
});

const quoted = (value: string): string =>
  `"${value
    .replace(/[\\"$]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")}"`;

test("any value comes back out of double quotes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (value) => {
      expect(read(`A=${quoted(value)} # c`)).toEqual([["A", value]]);
    }),
  );
});

test("a line separator of typography ends no line", () => {
  expect(read("A='x\u2028y'\nB=x\u2029y")).toEqual([
    ["A", "x\u2028y"],
    ["B", "x\u2029y"],
  ]);
});

test("any value without a quote or line break comes back out of single quotes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const value = text.replace(/['\r\n]/g, "");
      expect(read(`A='${value}'`)).toEqual([["A", value]]);
    }),
  );
});

test("any content is read or refused with a usage error", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom(..."AB=\"'# \\$\n\r\t\u0000é") })), (parts) => {
      try {
        for (const line of parseEnvFile(parts.join(""), ".env")) expect(line.name).toMatch(/^[A-Za-z_]\w*$/);
      } catch (error) {
        expect(error).toBeInstanceOf(TapebellError);
        expect((error as TapebellError).kind).toBe("usage");
      }
    }),
    { numRuns: 500 },
  );
});
