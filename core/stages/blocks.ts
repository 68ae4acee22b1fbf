import { type Packed, pack, unpack, unpackedAt } from "./packed.ts";

/**
 * A column of numbers that grows at its end and is forgotten from its front, in blocks of which all but the newest two
 * are packed: nothing is copied into something larger, and what is forgotten goes block by block. Plain data.
 */
export type Column = (number[] | Packed)[];

const SHIFT = 10;
export const BLOCK = 1 << SHIFT;
const MASK = BLOCK - 1;

export function valueAt(column: Column, i: number): number {
  const block = column[i >> SHIFT]!;
  return Array.isArray(block) ? block[i & MASK]! : unpackedAt(block, i & MASK);
}

/** The numbers from place `from` up to `to`, that one not, into `out`. */
export function read(column: Column, from: number, to: number, out: Float64Array): void {
  let at = 0;
  for (let i = from; i < to; ) {
    const block = column[i >> SHIFT]!;
    const begin = i & MASK;
    const end = Math.min(begin + to - i, BLOCK);
    i += end - begin;
    if (Array.isArray(block)) for (let k = begin; k < end; k++) out[at++] = block[k]!;
    else {
      unpack(block, begin, end, out, at);
      at += end - begin;
    }
  }
}

/** Puts `x` behind the `count` numbers there are. */
export function append(column: Column, count: number, x: number): void {
  if ((count & MASK) !== 0) {
    openOf(column).push(x);
    return;
  }
  column.push([x]);
  // What comes late goes in near the end: the block before the new one stays as it is for as long.
  settle(column, column.length - 3);
}

/** The newest block is never packed. */
const openOf = (column: Column): number[] => column[column.length - 1] as number[];

function settle(column: Column, which: number): void {
  const block = column[which];
  // Where it cannot be packed, a copy at least has no room for more.
  if (Array.isArray(block)) column[which] = pack(block) ?? block.slice();
}

/** Puts `x` at place `i` among the `count` numbers there are. */
export function insertAt(column: Column, count: number, i: number, x: number): void {
  if (i === count) {
    append(column, count, x);
    return;
  }
  const last = valueAt(column, count - 1);
  let carried = x;
  let at = i & MASK;
  for (let which = i >> SHIFT; which < column.length; which++) {
    const known = column[which]!;
    const block = Array.isArray(known) ? known : Array.from({ length: BLOCK }, (_, k) => unpackedAt(known, k));
    const end = block[block.length - 1]!;
    block.copyWithin(at + 1, at, block.length - 1);
    block[at] = carried;
    carried = end;
    at = 0;
    column[which] = Array.isArray(known) ? block : (pack(block) ?? block);
  }
  append(column, count, last);
}

/** How many of the first `head` numbers are whole blocks, which `forgetBlocks` lets go. */
export const wholeBlocks = (head: number): number => head & ~MASK;

export function forgetBlocks(column: Column, head: number): void {
  column.splice(0, head >> SHIFT);
}
