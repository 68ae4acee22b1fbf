import type { BrokerParts } from "./broker-parts.ts";
import type { Reply, RequestOf } from "./protocol.ts";
import type { Group, Parked, Topic } from "./topic.ts";
/** The broker's work groups: who is a member, who waits for work, which acks are still to be written. */
export declare class GroupDesk {
    private readonly parts;
    private readonly acked;
    /** Member → its connection. */
    private readonly members;
    private lastMember;
    constructor(parts: Pick<BrokerParts, "now" | "at" | "report">);
    join(topic: Topic, connection: number, { group, from }: RequestOf<"join">): number;
    take(topic: Topic, parked: Parked, request: RequestOf<"take">): void;
    /** Answered by the next `flush`, when it is on disk. */
    change(topic: Topic, request: RequestOf<"ack"> | RequestOf<"release">, reply: (reply: Reply) => void): void;
    flush(): void;
    /** Its members hold nothing any more, and others may have it at once. */
    disconnect(connection: number, topics: Iterable<Topic>): void;
    /** Hands out what there is to who waits; comes back when the next lease runs out. */
    serve(topic: Topic, group: Group): void;
    private sayExpired;
}
