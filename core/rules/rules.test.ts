import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TapebellError } from "../errors.ts";
import { GOLDEN, hasShared, jsonLines } from "../test-support/shared.ts";
import { compile, type Names } from "./expression.ts";
import { compileRules, readRules } from "./rules.ts";

const flat: Names = { key: (name) => (/^[a-z]$/.test(name) ? name : null), known: ["a", "b"] };
const say = (source: string, vector: Record<string, unknown> = {}): boolean | null => compile(source, flat)(vector);

function refusal(run: () => unknown): TapebellError {
  try {
    run();
  } catch (error) {
    if (error instanceof TapebellError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("the language", () => {
  test.each([
    ["1 + 2 * 3 == 7", true],
    ["(1 + 2) * 3 == 9", true],
    ["8 / 4 / 2 == 1", true],
    ["5 - 2 - 1 == 2", true],
    ["--1 == 1 and -2 < +1", true],
    ["1e-3 == .001 and 2. == 2", true],
    ["not 1 > 2 and 1 < 2", true],
    ["not (1 > 2 or 1 < 2)", false],
    ["1 > 2 or 1 < 2 and 2 > 3", false],
    ["(1 < 2 or 1 < 2) and 2 > 3", false],
    ["1 < 2 < 3", true],
    ["1 < 3 < 2", false],
    ["not not 1 == 1", true],
    ["1 != 1", false],
    ["2 >= 2 and 2 <= 2", true],
  ])("%s", (source, wanted) => expect(say(source)).toBe(wanted));

  test("features; what is not known leaves open what hangs on it, and only that", () => {
    expect(say("a > 1", { a: 2 })).toBe(true);
    for (const a of [null, undefined, "2", true, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(say("a > 1", { a })).toBeNull();
      expect(say("not a > 1", { a })).toBeNull();
      expect(say("a != 1", { a })).toBeNull();
      expect(say("a > 1 or b > 1", { a, b: 2 })).toBe(true);
      expect(say("a > 1 or b > 1", { a, b: 0 })).toBeNull();
      expect(say("a > 1 and b > 1", { a, b: 0 })).toBe(false);
      expect(say("a > 1 and b > 1", { a, b: 2 })).toBeNull();
    }
    expect(say("1 / a > 0", { a: 0 })).toBeNull();
  });

  test.each([
    ["", 1, 1, "missing"],
    ["a >", 1, 4, "ends where"],
    ["a > > 1", 1, 5, '">" stands'],
    ["a >\n  ?", 2, 3, '"?" has no meaning'],
    ["a = 1", 1, 3, '"=" has no meaning'],
    ["(a > 1", 1, 7, "parenthesis of column 1"],
    ["a > 1)", 1, 6, '")" does not belong'],
    ["a", 1, 1, "a number stands"],
    ["a + 1", 1, 1, "a number stands"],
    ["not a", 1, 5, "a number stands"],
    ["a and b > 1", 1, 1, "a number stands"],
    ["(a > 1) + 1 > 0", 1, 1, "a condition stands"],
    ["1e999 > 1", 1, 1, "too large"],
    ["a > 1 and\nmomentum > 2", 2, 1, '"momentum" is not known'],
    ["__proto__ > 1", 1, 1, "not known"],
    ["process.exit(1) > 0", 1, 1, "not known"],
    [`${"(".repeat(65)}a`, 1, 66, "deep"],
    [`${"-".repeat(65)}a > 1`, 1, 66, "deep"],
    [`${"not ".repeat(65)}a > 1`, 1, 261, "deep"],
    [`a > ${"1".repeat(2_000)}`, 1, 1, "too many"],
  ])("%p is refused at line %d, column %d", (source, line, column, what) => {
    const error = refusal(() => compile(source, flat));
    expect(error.message).toContain(`line ${line}, column ${column}: `);
    expect(error.message).toContain(what);
    expect(error.kind).toBe("usage");
  });

  test("an unknown name is answered with the known ones", () => {
    expect(refusal(() => compile("x1 > 1", flat)).hint).toBe("known: a, b");
  });
});

describe("whatever is written", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    "1",
    ".5",
    "1e3",
    "+",
    "-",
    "*",
    "/",
    "<",
    "<=",
    "==",
    "(",
    ")",
    "and",
    "or",
    "not",
    "zz",
    "\n",
    "é",
    "$",
  );
  const clause = fc.constantFrom(
    "a < 1",
    "not b > 2",
    "(a + 1) * 2 >= b",
    "a / 0 == b",
    "-a < 1 < b",
    "(a < 1 or b < 1)",
  );
  const nearly = fc
    .tuple(fc.array(clause, { minLength: 1, maxLength: 8 }), fc.constantFrom(" and ", " or ", " "), fc.nat(60), piece)
    .map(([clauses, word, at, odd]) => {
      const text = clauses.join(word);
      return at > 40 ? text : `${text.slice(0, at)} ${odd} ${text.slice(at)}`;
    });
  const anything = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.array(piece, { maxLength: 200 }).map((all) => all.join(" ")),
    nearly,
  );

  test("it compiles or is refused by name, and then answers true, false or null", () => {
    let compiled = 0;
    fc.assert(
      fc.property(anything, fc.dictionary(fc.constantFrom("a", "b"), fc.anything()), (source, vector) => {
        let condition: ReturnType<typeof compile>;
        try {
          condition = compile(source, flat);
        } catch (error) {
          expect(error).toBeInstanceOf(TapebellError);
          expect((error as TapebellError).code).toBe("bad_expression");
          return;
        }
        compiled++;
        expect([true, false, null]).toContain(condition(vector));
      }),
      { numRuns: 3_000 },
    );
    expect(compiled).toBeGreaterThan(20);
  });

  /** Built together with what it must say. */
  interface Built {
    text: string;
    value: number;
  }
  const number: fc.Memo<Built> = fc.memo((n) =>
    n <= 1
      ? fc.oneof(
          fc.integer({ min: 0, max: 99 }).map((value) => ({ text: `${value}`, value })),
          fc.constantFrom({ text: "a", value: 7 }, { text: "b", value: -0.5 }),
        )
      : fc.tuple(number(), fc.constantFrom("+", "-", "*"), number()).map(([x, op, y]) => ({
          text: `(${x.text} ${op} ${y.text})`,
          value: op === "+" ? x.value + y.value : op === "-" ? x.value - y.value : x.value * y.value,
        })),
  );
  test("a comparison says what its arithmetic says", () => {
    fc.assert(
      fc.property(number(4), number(4), (x, y) => {
        expect(say(`${x.text} < ${y.text}`, { a: 7, b: -0.5 })).toBe(x.value < y.value);
        expect(say(`not (${x.text} < ${y.text})`, { a: 7, b: -0.5 })).toBe(x.value >= y.value);
      }),
      { numRuns: 300 },
    );
  });
});

describe("rules", () => {
  const rule = { name: "r", condition: "rsi > 70", signal: -1, score: 0.7 };

  test("plain names belong to the first window, the file's or the rule's; full names to their own", () => {
    const bound = (file: unknown, vector: object): (boolean | null)[] =>
      compileRules(readRules(file, ["w1", "w2"])).map((one) => one.condition({ ...vector }));
    expect(bound([rule], { w1_rsi_cutler14: 71, w2_rsi_cutler14: 1 })).toEqual([true]);
    expect(bound({ window: "w2", rules: [rule] }, { w1_rsi_cutler14: 1, w2_rsi_cutler14: 71 })).toEqual([true]);
    const own = { window: "w1", rules: [{ ...rule, window: "w2" }] };
    expect(bound(own, { w2_rsi_cutler14: 71 })).toEqual([true]);
    const full = { ...rule, condition: "w2_volatility > 1 and w1_vol < 1 and skewness < kurtosis" };
    expect(bound([full], { w1_vol: 0.5, w2_vol: 2, w1_skew: 0, w1_exkurt: 1 })).toEqual([true]);
  });

  test.each([
    ["no list", "rules: ", "text"],
    ["nothing", "rules: ", null],
    ["no score", "rule 2, score: ", [rule, { name: "q", condition: "rsi > 1", signal: 1 }]],
    ["a key too many", "rule 1: ", [{ ...rule, actoin: 1 }]],
    ["two of a name", 'rule 2: the name "r" is there twice', [rule, rule]],
    ["the name of another signal", 'rule 1: "long" is the name of a signal of ours', [{ ...rule, name: "long" }]],
    ["no such window", 'rule 1, "r": there is no window "w9"', { window: "w9", rules: [rule] }],
    ["a wrong condition", 'rule 1, "r", condition line 1, column 5: ', [{ ...rule, condition: "rsi ? 70" }]],
    ["an unknown name", '"macd" is not known', [{ ...rule, condition: "macd > 70" }]],
    ["a score beyond 1", "rule 1, score: ", [{ ...rule, score: 2 }]],
    ["a wait of no length", 'rule 1, "r": for: "soon" is no length', [{ ...rule, for: "soon" }]],
  ])("%s is refused", (_, message, file) => {
    const error = refusal(() => readRules(file, ["w1"]));
    expect(error.message).toContain(message);
    expect(error.hint).toBeString();
  });

  test("how long a condition must hold is a length; none is no wait", () => {
    const held = [rule, { ...rule, name: "q", for: "5m" }];
    expect(readRules(held, ["w"]).rules.map(({ hold_ms }) => hold_ms)).toEqual([0, 300_000]);
  });

  test("no rules are fine", () => expect(readRules([], ["w"]).rules).toEqual([]));
});

test.skipIf(!hasShared)("the reference's rules fire where it says", () => {
  const [head, ...rows] = jsonLines(`${GOLDEN}/rolling-features/rules.jsonl.gz`) as [
    { rules: unknown },
    ...[string, Record<string, unknown>, string[]][],
  ];
  const identity: Names = { key: (name) => name, known: [] };
  const compiled = compileRules(readRules(head.rules, ["vwap_1m", "ret_30s", "vol_5m"]), () => identity);
  let compared = 0;
  for (const [note, features, fired] of rows) {
    const ours = compiled.filter(({ condition }) => condition(features) === true).map(({ rule }) => rule.name);
    // There, true is the number 1, a name rewrites another one, and a window's features have no rule.
    if (note.startsWith("boolean")) expect(ours).toEqual([]);
    else if (note.startsWith("a feature name inside")) expect(ours).toEqual(["price_momentum_up"]);
    else {
      expect({ note, features, ours }).toEqual({ note, features, ours: fired });
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(20);
  const own = compileRules(readRules(head.rules, ["vwap_1m", "ret_30s", "vol_5m"]));
  const risen = rows.at(-1)![1];
  expect(own.filter(({ condition }) => condition(risen) === true).map(({ rule }) => rule.name)).toEqual([
    "price_momentum_up",
  ]);
});
