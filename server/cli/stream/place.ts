import { existsSync } from "node:fs";
import { TapebellError } from "../../../core/errors.ts";
import { PROFILE_NAMES, partOfSubject, profilesOf } from "../../../core/profiles/index.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { nearest } from "../../../core/settings/nearest.ts";
import { TOPICS, type TopicSpec } from "../../../core/topics.ts";
import type { World } from "../../../db/index.ts";
import { narratorTopics } from "../../settings/profiles.ts";
import { changed_ms, logFolder, PREFIX } from "../../worlds.ts";

/** A stored topic, as a person names it. */
export interface Place {
  readonly folder: string;
  readonly partitions: number;
  /** Which of its records are meant; null: all. */
  readonly has: ((record: string) => boolean) | null;
}

/** Those whose topics have a prefix. */
const WORLDS: readonly World[] = ["synthetic", "replay"];

const usage = (code: string, message: string, hint: string): TapebellError =>
  new TapebellError("usage", code, message, { hint });

/** `tape.bars`, `mdp.events`, `md.events.trade.BTCUSDT`; of another world with its prefix. */
export function placeOf(named: string, settings: Settings): Place {
  const world = WORLDS.find((one) => named.startsWith(PREFIX[one])) ?? null;
  const name = world === null ? named : named.slice(PREFIX[world].length);
  const profiles = profilesOf(PROFILE_NAMES, narratorTopics(settings)).flatMap(({ topics }) => topics);
  const { spec, has } = found(name, profiles);
  if (!spec.durable)
    throw usage(
      "topic_not_stored",
      `${spec.name} is kept in the memory of the running server only`,
      "read it from its page or /api/stream",
    );
  const folder = logFolder(settings, world ?? shownWorld(settings, spec.name), spec.name);
  if (profiles.includes(spec) && !existsSync(folder))
    throw usage("no_log", `nothing has written ${spec.name} yet: there is no ${folder}`, "start with its PROFILES on");
  return { folder, partitions: spec.partitions, has };
}

function found(name: string, profiles: readonly TopicSpec[]): { spec: TopicSpec; has: Place["has"] } {
  const ours: readonly TopicSpec[] = Object.values(TOPICS);
  const spec = [...ours, ...profiles].find((one) => one.name === name);
  if (spec !== undefined) return { spec, has: null };
  const part = partOfSubject(name, profiles);
  if (part !== null) return { spec: part.topic, has: (text) => part.has(symbolIn(text)) };
  const names = [...ours.filter((one) => one.durable), ...profiles].map((one) => one.name);
  const near = nearest(name, names);
  const hint = near === null ? `use one of: ${names.join(", ")}` : `did you mean ${near}?`;
  throw usage("unknown_topic", `"${name.slice(0, 80)}" is no topic`, hint);
}

function symbolIn(text: string): string {
  try {
    return String((JSON.parse(text) as { symbol?: unknown }).symbol ?? "");
  } catch {
    return "";
  }
}

/** The world a start shows; with FEED=auto, the one that was written to last. */
function shownWorld(settings: Settings, topic: string): World {
  const { FEED } = settings;
  if (FEED === "synthetic" || FEED === "replay") return FEED;
  if (FEED !== "auto") return "live";
  // The head of a topic is written after each of its records.
  const written_ms = (world: World): number => changed_ms(`${logFolder(settings, world, topic)}/head`);
  return written_ms("live") > written_ms("synthetic") ? "live" : "synthetic";
}
