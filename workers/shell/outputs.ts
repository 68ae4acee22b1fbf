import type { Bus } from "../../core/ports/bus.ts";

/** Batches published and not yet durable, at most: beyond that the reader waits, and so does the log. */
const IN_FLIGHT_MAX = 16;

/**
 * Where a graph's outputs leave: gathered per topic while records are stepped, published together, and known to be
 * durable before a checkpoint may say so.
 */
export class Outputs {
  private readonly bus: Bus;
  private readonly waiting = new Map<string, string[]>();
  private readonly inFlight = new Set<Promise<unknown>>();
  private failure: unknown = null;
  published = 0;

  constructor(bus: Bus) {
    this.bus = bus;
  }

  add(topic: string, value: string): void {
    const values = this.waiting.get(topic);
    if (values === undefined) this.waiting.set(topic, [value]);
    else values.push(value);
  }

  /** Hands over what was gathered; resolves when there is room for more. */
  async flush(): Promise<void> {
    for (const [topic, values] of this.waiting) {
      this.published += values.length;
      const sent: Promise<unknown> = this.bus
        .publish(topic, 0, values)
        .catch((cause: unknown) => {
          this.failure ??= cause;
        })
        .finally(() => this.inFlight.delete(sent));
      this.inFlight.add(sent);
    }
    this.waiting.clear();
    while (this.inFlight.size >= IN_FLIGHT_MAX) await Promise.race(this.inFlight);
    this.check();
  }

  /** Everything handed over so far is durable. */
  async drain(): Promise<void> {
    await this.flush();
    await Promise.all(this.inFlight);
    this.check();
  }

  /** A lost output may not be passed over: whoever runs the graph must go back to its checkpoint. */
  private check(): void {
    if (this.failure !== null) throw this.failure;
  }
}
