import type { BrokerParts, BrokerStats } from "./broker-parts.ts";
import type { Reply, Request } from "./protocol.ts";
/** Topics, followers and groups behind every connection of one bus. Does one thing at a time; never waits. */
export declare class Broker {
    private readonly parts;
    private readonly topics;
    private readonly prefixes;
    private readonly waiting;
    private flushDue;
    private lastConnection;
    private commits;
    private records;
    private failures;
    private closed;
    private readonly groups;
    constructor(parts: BrokerParts);
    connect(prefix: string): number;
    /** The connection is gone: what it waited for is forgotten, what it held is free. */
    disconnect(connection: number): void;
    cancel(connection: number, id: number): void;
    handle(connection: number, id: number, request: Request, reply: (reply: Reply) => void): void;
    retain(): void;
    stats(): BrokerStats;
    close(): void;
    /** The answer, or null when it comes later by `reply`. */
    private route;
    private read;
    private ensure;
    private publish;
    private flushSoon;
    private flush;
    private commit;
    private serveReads;
    private topic;
    private fullName;
}
