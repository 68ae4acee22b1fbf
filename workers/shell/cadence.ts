/** A line each time would drown all others: the first is said (if wanted) and then every Nth, with the count so far. */
export class Cadence {
  total = 0;

  constructor(
    private readonly every: number,
    private readonly say: (total: number) => void,
    private readonly saysFirst = true,
  ) {}

  count(n = 1): void {
    if (n <= 0) return;
    const before = this.total;
    this.total += n;
    const isFirst = this.saysFirst && before === 0;
    if (isFirst || Math.floor(this.total / this.every) > Math.floor(before / this.every)) this.say(this.total);
  }
}
