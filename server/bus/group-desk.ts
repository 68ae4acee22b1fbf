import type { BrokerParts } from "./broker-parts.ts";
import { toWire } from "./errors.ts";
import { WORK_TAKE_MAX } from "./limits.ts";
import type { Reply, RequestOf } from "./protocol.ts";
import type { Group, Parked, Topic } from "./topic.ts";

/** The broker's work groups: who is a member, who waits for work, which acks are still to be written. */
export class GroupDesk {
  private readonly acked = new Map<Group, { topic: Topic; replies: ((reply: Reply) => void)[] }>();
  /** Member → its connection. */
  private readonly members = new Map<number, number>();
  private lastMember = 0;

  constructor(private readonly parts: Pick<BrokerParts, "now" | "at" | "report">) {}

  join(topic: Topic, connection: number, { group, from }: RequestOf<"join">): number {
    topic.group(group, from);
    this.lastMember++;
    this.members.set(this.lastMember, connection);
    return this.lastMember;
  }

  take(topic: Topic, parked: Parked, request: RequestOf<"take">): void {
    const group = topic.group(request.group, "earliest");
    const { member, maxInFlight, claimAfterMs } = request;
    group.takers.push({ ...parked, member, limits: { max: WORK_TAKE_MAX, maxInFlight, claimAfterMs } });
    this.serve(topic, group);
  }

  /** Answered by the next `flush`, when it is on disk. */
  change(topic: Topic, request: RequestOf<"ack"> | RequestOf<"release">, reply: (reply: Reply) => void): void {
    const group = topic.group(request.group, "earliest");
    if (request.op === "ack") group.state.ack(request.items);
    else group.state.release(request.member, request.items);
    const acked = this.acked.get(group);
    if (acked === undefined) this.acked.set(group, { topic, replies: [reply] });
    else acked.replies.push(reply);
  }

  flush(): void {
    for (const [group, { topic, replies }] of this.acked) {
      this.acked.delete(group);
      const outcome = attempt(() => topic.save(group));
      for (const reply of replies) reply(outcome);
      this.serve(topic, group);
    }
  }

  /** Its members hold nothing any more, and others may have it at once. */
  disconnect(connection: number, topics: Iterable<Topic>): void {
    const gone = new Set([...this.members].filter(([, of]) => of === connection).map(([member]) => member));
    for (const member of gone) this.members.delete(member);
    for (const topic of topics)
      for (const group of topic.groups.values()) {
        group.takers = group.takers.filter((take) => take.connection !== connection);
        group.state.drop(gone);
        this.serve(topic, group);
      }
  }

  /** Hands out what there is to who waits; comes back when the next lease runs out. */
  serve(topic: Topic, group: Group): void {
    group.cancelTimer?.();
    group.cancelTimer = null;
    const now_ms = this.parts.now();
    const takers = group.takers;
    group.takers = [];
    for (const take of takers) {
      try {
        const items = topic.take(group, take.member, take.limits, now_ms);
        if (items.length === 0) group.takers.push(take);
        else take.reply({ ok: true, value: items });
      } catch (error) {
        take.reply({ ok: false, error: toWire(error) });
      }
    }
    this.sayExpired(topic, group, now_ms);
    const expiry = group.state.nextExpiry();
    if (group.takers.length > 0 && expiry !== null)
      group.cancelTimer = this.parts.at(expiry, () => this.serve(topic, group));
  }

  private sayExpired(topic: Topic, group: Group, now_ms: number): void {
    const count = group.state.expired - group.expiredSaid;
    if (count === 0) return;
    group.expiredSaid = group.state.expired;
    const text =
      `${count} records of ${topic.name} left the log before group ${group.name} was done with them; ` +
      "give the topic a longer retention or the group more members";
    this.parts.report({ at_ms: now_ms, topic: topic.name, code: "work_expired", text, lost: [] });
  }
}

function attempt(step: () => void): Reply {
  try {
    step();
    return { ok: true, value: null };
  } catch (error) {
    return { ok: false, error: toWire(error) };
  }
}
