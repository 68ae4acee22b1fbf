import type { WorkItem, WorkOptions } from "../../core/ports/bus.ts";
import { CLAIM_AFTER_MS_DEFAULT, WORK_IN_FLIGHT_DEFAULT } from "./limits.ts";
import type { Call, ItemKey, TakenItem, Transport } from "./protocol.ts";
import { ReaderEnd } from "./stop.ts";

/** One member of a group. The broker counts what it holds, so its leases and its bound live in one place. */
export function work(
  transport: Transport,
  topic: string,
  group: string,
  options: WorkOptions,
): AsyncIterable<WorkItem> {
  // Asked now, not at the first `next`: what is published after this call is seen by a new group from "latest".
  const join = transport.call<"join">({ op: "join", topic, group, from: options.from ?? "earliest" });
  join.answer.catch(() => {});
  return { [Symbol.asyncIterator]: () => items(transport, topic, group, join, options) };
}

async function* items(
  transport: Transport,
  topic: string,
  group: string,
  join: Call<number>,
  options: WorkOptions,
): AsyncGenerator<WorkItem, void, undefined> {
  const end = new ReaderEnd(transport, options.signal);
  const maxInFlight = Math.max(1, options.maxInFlight ?? WORK_IN_FLIGHT_DEFAULT);
  const claimAfterMs = options.claimAfterMs ?? CLAIM_AFTER_MS_DEFAULT;
  const acks = new AckBatch(transport, topic, group);
  let member: number | null = null;
  let take: Call<readonly TakenItem[]> | null = null;
  let unseen: TakenItem[] = [];
  try {
    member = await end.or(join.answer);
    while (member !== null) {
      take = transport.call<"take">({ op: "take", topic, group, member, maxInFlight, claimAfterMs });
      take.answer.catch(() => {});
      const taken: readonly TakenItem[] | null = await end.or(take.answer);
      if (taken === null) return;
      take = null;
      unseen = [...taken];
      for (let item = unseen.shift(); item !== undefined; item = unseen.shift()) {
        const { partition, position } = item;
        yield { topic, ...item, ack: () => acks.add({ partition, position }) };
        if (end.stopped) return;
      }
    }
  } finally {
    end.off();
    if (member !== null) giveBack(transport, topic, group, member, take, unseen);
  }
}

/** What was handed to this member but shown to nobody goes back at once. */
function giveBack(
  transport: Transport,
  topic: string,
  group: string,
  member: number,
  take: Call<readonly TakenItem[]> | null,
  unseen: readonly TakenItem[],
): void {
  const release = (items: readonly ItemKey[]) => {
    if (items.length === 0) return;
    const keys = items.map(({ partition, position }) => ({ partition, position }));
    transport.call<"release">({ op: "release", topic, group, member, items: keys }).answer.catch(() => {});
  };
  release(unseen);
  if (take === null) return;
  take.cancel();
  // It may have been answered while the cancel was on its way.
  take.answer.then(release, () => {});
}

/** Acks of one turn of the event loop travel, and reach the disk, together. */
class AckBatch {
  private keys: ItemKey[] = [];
  private sent: Promise<unknown> | null = null;

  constructor(
    private readonly transport: Transport,
    private readonly topic: string,
    private readonly group: string,
  ) {}

  async add(key: ItemKey): Promise<void> {
    this.keys.push(key);
    this.sent ??= Promise.resolve().then(() => {
      const items = this.keys;
      this.keys = [];
      this.sent = null;
      return this.transport.call<"ack">({ op: "ack", topic: this.topic, group: this.group, items }).answer;
    });
    await this.sent;
  }
}
