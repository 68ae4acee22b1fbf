import type { Publisher } from "./outlet.ts";

/** Characters gathered and not yet on their way, at most: beyond that the writer waits, and so does what feeds it. */
const WAITING_MAX = 4_000_000;

/** One topic's partition: a publish under way, and what gathers behind it. */
interface Lane {
  readonly topic: string;
  readonly partition: number;
  values: string[];
  /** Of each value, for the count of what was written. */
  kinds: string[];
  isBusy: boolean;
}

/**
 * Where records leave for the log. Each partition has one publish under way and the next gathers meanwhile, so that a
 * refused batch is never overtaken by the one after it; and it is known when everything is durable.
 */
export class Outputs {
  private readonly lanes = new Map<string, Lane[]>();
  private readonly underWay = new Set<Promise<void>>();
  /** Characters gathered, and those under way. */
  private waiting = 0;
  private sending = 0;
  private failure: unknown = null;
  published = 0;
  /** Durable records by kind, of those that came with one. */
  readonly written: Record<string, number> = {};

  constructor(private readonly bus: Publisher) {}

  /** How much is held of what may be held: 1 and more holds back whoever writes. */
  get fill(): { readonly waiting: number; readonly capacity: number } {
    return { waiting: this.waiting + this.sending, capacity: WAITING_MAX };
  }

  add(topic: string, value: string, partition = 0, kind = ""): void {
    const lane = this.lane(topic, partition);
    lane.values.push(value);
    lane.kinds.push(kind);
    this.waiting += value.length;
  }

  /** Hands over what was gathered; resolves when there is room for more. */
  async flush(): Promise<void> {
    this.send();
    while (this.waiting > WAITING_MAX && this.failure === null) await Promise.race(this.underWay);
    this.check();
  }

  /** Everything handed over so far is durable. */
  async drain(): Promise<void> {
    this.send();
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    this.check();
  }

  /** Hands over what was gathered without waiting; what goes wrong is said by the next call that waits. */
  send(): void {
    for (const lanes of this.lanes.values()) for (const lane of lanes) this.publish(lane);
  }

  private lane(topic: string, partition: number): Lane {
    let lanes = this.lanes.get(topic);
    if (lanes === undefined) {
      lanes = [];
      this.lanes.set(topic, lanes);
    }
    let lane = lanes.find((one) => one.partition === partition);
    if (lane === undefined) {
      lane = { topic, partition, values: [], kinds: [], isBusy: false };
      lanes.push(lane);
    }
    return lane;
  }

  private publish(lane: Lane): void {
    if (lane.isBusy || lane.values.length === 0 || this.failure !== null) return;
    const { topic, partition, values, kinds } = lane;
    lane.values = [];
    lane.kinds = [];
    lane.isBusy = true;
    this.published += values.length;
    const characters = values.reduce((sum, value) => sum + value.length, 0);
    this.waiting -= characters;
    this.sending += characters;
    const sent: Promise<void> = this.bus
      .publish(topic, partition, values)
      .then(
        () => {
          for (const kind of kinds) if (kind !== "") this.written[kind] = (this.written[kind] ?? 0) + 1;
        },
        (cause: unknown) => {
          this.failure ??= cause;
        },
      )
      .then(() => {
        lane.isBusy = false;
        this.sending -= characters;
        this.underWay.delete(sent);
        this.publish(lane);
      });
    this.underWay.add(sent);
  }

  /** A lost output may not be passed over: whoever made it must go back to where all was durable. */
  private check(): void {
    if (this.failure !== null) throw this.failure;
  }
}
