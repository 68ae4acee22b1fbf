import type { PartitionInfo } from "../../core/ports/bus.ts";
import type { Checkpoints } from "../../core/ports/checkpoints.ts";
import { initProfiles, PROFILES_VERSION, type ProfileState, stepProfiles } from "../../core/profiles/graph.ts";
import { type Profile, type ProfileInput, profilesOf, type Written } from "../../core/profiles/index.ts";
import type { Settings } from "../../core/settings/index.ts";
import { TOPICS, type TopicKey, type TopicSpec } from "../../core/topics.ts";
import { graphSettings } from "../../server/settings/graph.ts";
import { narratorTopics } from "../../server/settings/profiles.ts";
import { GraphRunner, type LogJump } from "./graph-runner.ts";
import { marketRecord } from "./market-record.ts";
import type { RoleContext } from "./thread.ts";

type Shared = Pick<RoleContext, "bus" | "clock" | "log" | "settings" | "started_ms"> & {
  readonly checkpoints: Checkpoints;
};

export interface ProfileReader {
  readonly topic: string;
  readonly partition: number;
  readonly runner: GraphRunner<ProfileState>;
  /** Records that were gone from the log before they were read. */
  missed(): number;
}

/** One reader per partition of what the profiles in force are made of; each record is read once for all of them. */
export function profileRunners(shared: Shared, profiles: readonly Profile[]): ProfileReader[] {
  const keys = new Set(profiles.flatMap(({ reads }) => reads));
  return [...keys].flatMap((key) => {
    const wanted = profiles.filter(({ reads }) => reads.includes(key));
    const spec: TopicSpec = TOPICS[key];
    return Array.from({ length: spec.partitions }, (_, partition): ProfileReader => {
      let missed = 0;
      const runner = readerOf(shared, key, partition, wanted, ({ from, to }) => {
        missed += to - from;
      });
      return { topic: spec.name, partition, runner, missed: () => missed };
    });
  });
}

function readerOf(
  { bus, checkpoints, clock, log, settings, started_ms }: Shared,
  key: TopicKey,
  partition: number,
  profiles: readonly Profile[],
  onJump: (jump: LogJump) => void,
): GraphRunner<ProfileState> {
  const { name, partitions } = TOPICS[key] as TopicSpec;
  const every_ms = settings.CHECKPOINT_SEC * 1000;
  const withBins = key === "market" && settings.PROFILES.includes("replay");
  const own = withBins ? graphSettings(settings, partition) : null;
  const writers = { profiles, isFirstPartition: partition === 0 };
  return new GraphRunner<ProfileState>({
    key: `profiles-${key}-${partition}`,
    topic: name,
    partition,
    bus,
    checkpoints,
    clock,
    graph: {
      version: PROFILES_VERSION,
      step: (state, record, emit) =>
        stepProfiles(state, writers, record as ProfileInput, clock.now(), (out) => emit(out.topic, out)),
    },
    ...(key === "market" ? { read: marketRecord } : {}),
    settingsHash: new Bun.CryptoHasher("sha256").update(JSON.stringify(own)).digest("hex").slice(0, 16),
    checkpointEveryMs: every_ms,
    checkpointOffsetMs: (every_ms * partition) / partitions,
    graphsInThread: partitions,
    coldStart: async () => initProfiles(own),
    startAt: (info, saved) => startOf(info, saved),
    // On the list of gaps they are put by those who make bars and tables of them.
    jumpRecords: (jump) => {
      onJump(jump);
      return [];
    },
    onProblem: (text) => log.warn(text),
    // What cannot be read is a dead letter of the graph's already.
    badRecord: () => null,
    encode: (out) => (out as Written).text,
  });

  /** Where it was, whatever has changed since; else where the log stood when this process began, or as it is wished. */
  async function startOf(info: PartitionInfo, saved: number | null): Promise<number> {
    if (saved !== null) return saved;
    if (settings.KAFKA_AUTO_OFFSET_RESET === "earliest") return info.start;
    return bus.positionAt(name, partition, started_ms);
  }
}

/** The profiles that are switched on, and the topics they are written to. */
export const profilesInForce = (settings: Settings): readonly Profile[] =>
  profilesOf(settings.PROFILES, narratorTopics(settings));
