/** One side of a book: levels sorted so that the best is last, where nearly all changes are. */
export class Side {
  private readonly prices: number[] = [];
  private readonly sizes: number[] = [];
  /** As the venue wrote price and size; kept where a checksum is made of them. */
  private readonly texts: (readonly [string, string])[] | null;

  constructor(
    /** 1: higher is better (bids). −1: lower is better (asks). */
    private readonly better: 1 | -1,
    /** Worse levels than these are forgotten. */
    private readonly levels_max: number,
    keepsTexts: boolean,
  ) {
    this.texts = keepsTexts ? [] : null;
  }

  get length(): number {
    return this.prices.length;
  }

  /** Size 0 removes the level. */
  set(price: number, size: number, text: readonly [string, string] | undefined): void {
    const { prices, sizes, texts } = this;
    const at = this.place(price);
    const isThere = at < prices.length && prices[at] === price;
    if (size === 0) {
      if (!isThere) return;
      prices.splice(at, 1);
      sizes.splice(at, 1);
      texts?.splice(at, 1);
    } else if (isThere) {
      sizes[at] = size;
      if (texts !== null) texts[at] = text ?? plain(price, size);
    } else {
      prices.splice(at, 0, price);
      sizes.splice(at, 0, size);
      texts?.splice(at, 0, text ?? plain(price, size));
    }
  }

  /** Forgets what is beyond the number of levels kept. */
  trim(): void {
    const over = this.prices.length - this.levels_max;
    if (over <= 0) return;
    this.prices.splice(0, over);
    this.sizes.splice(0, over);
    this.texts?.splice(0, over);
  }

  best(count: number): [number, number][] {
    const { prices, sizes } = this;
    const levels: [number, number][] = [];
    for (let i = prices.length - 1; i >= 0 && levels.length < count; i--) levels.push([prices[i]!, sizes[i]!]);
    return levels;
  }

  bestTexts(): readonly (readonly [string, string])[] {
    return (this.texts ?? []).toReversed();
  }

  /** Where the price stands, or would. */
  private place(price: number): number {
    const { prices, better } = this;
    let low = 0;
    let high = prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((prices[middle]! - price) * better < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const plain = (price: number, size: number): readonly [string, string] => [String(price), String(size)];
