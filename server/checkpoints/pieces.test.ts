import { expect, test } from "bun:test";
import fc from "fast-check";
import { inText, inWords } from "./pieces.ts";

test("the same text as JSON.stringify, whatever the value", async () => {
  const { object } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 9 },
      fc.constant(null),
      fc.constant(undefined),
      fc.double(),
      fc.string({ unit: "binary" }),
      fc.boolean(),
      fc.array(tie("value"), { maxLength: 3 }),
      tie("object"),
    ),
    object: fc.dictionary(fc.string({ unit: "binary" }), tie("value"), { maxKeys: 4 }),
  }));
  await fc.assert(
    fc.asyncProperty(object, async (value) => {
      const { parts } = await inWords(value as object);
      expect(inText(Buffer.concat(parts))).toBe(JSON.stringify(value));
    }),
  );
});

test("a large value leaves others their turn, and comes out whole", async () => {
  const of: Record<string, number[]> = {};
  for (let i = 0; i < 1_200; i++) of[`S${i}`] = Array.from({ length: 400 }, (_, j) => 1.7e12 + i + j / 7);
  let turns = 0;
  const ticking = setInterval(() => turns++, 0);
  const { parts, busy_ms } = await inWords({ state: { symbols: { of } } });
  clearInterval(ticking);
  expect(inText(Buffer.concat(parts))).toBe(JSON.stringify({ state: { symbols: { of } } }));
  expect(turns).toBeGreaterThan(1);
  expect(busy_ms).toBeGreaterThan(0);
});
