import { bits, streamKey } from "../../server/feeds/synthetic/prng.ts";

/** One named stream of a seed. Streams do not disturb each other: a draw more in one leaves the others as they were. */
export class Random {
  private readonly key: number;
  private drawn = 0;

  constructor(
    private readonly seed: number,
    name: string,
  ) {
    this.key = streamKey(seed, name);
  }

  stream(name: string): Random {
    return new Random(this.seed, name);
  }

  /** Uniform in [0, 1). */
  next(): number {
    return bits(this.key, this.drawn++) / 4_294_967_296;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** A whole number in [from, to]. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }
}
