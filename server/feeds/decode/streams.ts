import { Literal, type Scanner } from "./scanner.ts";

const SLOTS = 4_096;
const SHIFT = 20;
/** Where the names of streams differ: behind `{"stream":"`, twelve bytes of them. */
const NAME_AT = 11;

interface Entry<T> {
  readonly head: Literal;
  readonly value: T;
}

/**
 * What is known of a stream, found by the bytes its frames begin with: as long as they are the same as before, nothing of
 * them has to be read again. A place is kept by who came first, so that two streams never chase each other out of it.
 */
export class Streams<T> {
  private readonly slots: (Entry<T> | undefined)[] = new Array(SLOTS).fill(undefined);

  /** Steps over the beginning of the frame if it is a known one. */
  find(scanner: Scanner): T | null {
    const entry = this.slots[slotOf(scanner)];
    return entry !== undefined && scanner.skip(entry.head) ? entry.value : null;
  }

  /** The frame's first `length` bytes are those of a stream. What was known of the same stream is forgotten. */
  learn(scanner: Scanner, length: number, make: () => T): void {
    const slot = slotOf(scanner);
    const entry = this.slots[slot];
    scanner.at = 0;
    if (entry !== undefined && (entry.head.length !== length || !scanner.skip(entry.head))) return;
    this.slots[slot] = { head: new Literal(scanner.bytes.subarray(0, length)), value: make() };
  }
}

function slotOf(scanner: Scanner): number {
  const mixed =
    scanner.word(NAME_AT) ^ Math.imul(scanner.word(NAME_AT + 4), 31) ^ Math.imul(scanner.word(NAME_AT + 8), 961);
  return Math.imul(mixed, 0x9e3779b1) >>> SHIFT;
}
