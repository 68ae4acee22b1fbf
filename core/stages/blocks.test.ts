import { expect, test } from "bun:test";
import fc from "fast-check";
import { append, BLOCK, type Column, forgetBlocks, insertAt, read, valueAt, wholeBlocks } from "./blocks.ts";
import { pack, unpackedAt } from "./packed.ts";

const numbers = fc.oneof(
  fc.integer({ min: 0, max: 1_000 }),
  fc.integer({ min: 6_800_000, max: 9_800_000 }).map((ticks) => ticks / 100),
  fc.integer({ min: 0, max: 2 ** 40 }).map((ms) => 1.7e12 + ms),
  fc.integer({ min: 0, max: 1e9 }).map((lots) => lots / 1e8),
  fc.double({ noNaN: true, min: -1e18, max: 1e18 }),
  fc.constantFrom(-0, 0, -5, 0.1 + 0.2, 1e-9, 1.5e300, 2 ** 53 - 1),
);

test("packed numbers come back to the last bit, through JSON too, or are not packed", () => {
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 60 }), (values) => {
      const packed = pack(values);
      if (packed === null) return;
      const restored = JSON.parse(JSON.stringify(packed)) as typeof packed;
      expect(restored).toEqual(packed);
      values.forEach((value, i) => {
        expect(unpackedAt(restored, i)).toBe(value + 0);
      });
    }),
    { numRuns: 500 },
  );
});

test("prices, sizes and times are packed in two or four bytes, halves of surrogate pairs among them", () => {
  const prices = Array.from({ length: BLOCK }, (_, i) => (6_800_000 + ((i * 7_919) % 60_000)) / 100);
  expect(pack(prices)).toMatchObject({ scale: 100, units: 1 });
  expect(pack(Array.from({ length: BLOCK }, (_, i) => (i * 104_729) / 1e5))).toMatchObject({ scale: 1e5, units: 2 });
  expect(pack(Array.from({ length: BLOCK }, (_, i) => 1.7e12 + i * 800))).toMatchObject({ base: 1.7e12, units: 2 });
  expect(pack([0.1 + 0.2])).toBeNull();
  const surrogates = [0xd800, 0xdc00, 0xdfff, 0xd800, 0, 0xffff];
  const packed = JSON.parse(JSON.stringify(pack(surrogates))) as NonNullable<ReturnType<typeof pack>>;
  expect(surrogates.map((_, i) => unpackedAt(packed, i))).toEqual(surrogates);
});

test("a column is what a list is: put in anywhere, forgotten from the front, read in runs, kept as JSON", () => {
  const step = fc.record({
    many: fc.integer({ min: 1, max: 2 * BLOCK }),
    back: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4 * BLOCK })),
    forget: fc.integer({ min: 0, max: BLOCK }),
    odd: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let column: Column = [];
      let list: number[] = [];
      for (const { many, back, forget, odd } of steps) {
        for (let k = 0; k < many; k++) {
          append(column, list.length, (list.length * 7) / 100);
          list.push((list.length * 7) / 100);
        }
        const x = odd ? Math.PI : 12.5;
        const at = Math.max(0, list.length - back);
        insertAt(column, list.length, at, x);
        list.splice(at, 0, x);
        const gone = wholeBlocks(Math.min(forget + BLOCK, list.length));
        forgetBlocks(column, gone);
        list = list.slice(gone);
        column = JSON.parse(JSON.stringify(column)) as Column;
        expect(list.map((_, i) => valueAt(column, i))).toEqual(list);
        const from = Math.floor(list.length / 3);
        const run = new Float64Array(list.length - from);
        read(column, from, list.length, run);
        expect([...run]).toEqual(list.slice(from));
      }
    }),
    { numRuns: 40 },
  );
});
