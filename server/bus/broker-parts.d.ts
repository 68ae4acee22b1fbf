import type { TopicSpec } from "../../core/topics.ts";
import type { Report } from "./problems.ts";
import type { GroupStore } from "./topic.ts";
import type { TopicLog } from "./topic-log.ts";
/** What differs between a bus in memory and one on disk. */
export interface BrokerParts {
    openTopic(fullName: string, spec: TopicSpec): {
        readonly log: TopicLog;
        readonly groups: GroupStore | null;
    };
    now(): number;
    /** Runs soon, after what is already waiting: everything published until then is one commit. */
    defer(run: () => void): void;
    /** Runs at about that time; answers how to call it off. */
    at(time_ms: number, run: () => void): () => void;
    report: Report;
}
export interface BrokerStats {
    readonly topics: readonly {
        readonly topic: string;
        readonly bytes: number;
        readonly segments: number;
        readonly partitions: readonly {
            readonly start: number;
            readonly end: number;
        }[];
    }[];
    readonly connections: number;
    readonly commits: number;
    readonly records: number;
    /** Publishes refused by the storage. */
    readonly failures: number;
}
