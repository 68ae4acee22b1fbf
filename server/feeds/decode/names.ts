import type { Scanner } from "./scanner.ts";

const SLOTS = 8_192;
const NAMES_MAX = SLOTS / 2;

interface Named<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

/** What is known of a name that stands in a frame, found by its bytes. Bounded: too many names, and it begins anew. */
export class Names<T> {
  private slots: (Named<T> | undefined)[] = new Array(SLOTS).fill(undefined);
  private size = 0;

  /** Of the name the scanner has just stepped over. */
  find(scanner: Scanner): T | undefined {
    const { bytes, nameFrom, nameHash, at } = scanner;
    const length = at - nameFrom;
    for (let slot = nameHash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const named = this.slots[slot];
      if (named === undefined) return undefined;
      const known = named.bytes;
      if (known.length !== length) continue;
      let i = 0;
      while (i < length && bytes[nameFrom + i] === known[i]) i++;
      if (i === length) return named.value;
    }
  }

  add(scanner: Scanner, value: T): void {
    if (this.size >= NAMES_MAX) {
      this.slots = new Array(SLOTS).fill(undefined);
      this.size = 0;
    }
    let slot = scanner.nameHash & (SLOTS - 1);
    while (this.slots[slot] !== undefined) slot = (slot + 1) & (SLOTS - 1);
    this.slots[slot] = { bytes: scanner.bytes.slice(scanner.nameFrom, scanner.at), value };
    this.size++;
  }
}
