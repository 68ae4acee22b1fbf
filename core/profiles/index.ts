import { TOPICS, type TopicSpec } from "../topics.ts";
import { type NarratorTopics, narrator } from "./narrator.ts";
import { pipeline } from "./pipeline.ts";
import { type Profile, type ProfileName, subjectToken } from "./profile.ts";
import { replay } from "./replay.ts";
import { SYSTEM_TOKEN, senpai } from "./senpai.ts";

export type { NarratorTopics } from "./narrator.ts";
export { PROFILE_NAMES, type Profile, type ProfileInput, type ProfileName, type Written } from "./profile.ts";

const FIXED: Readonly<Record<Exclude<ProfileName, "narrator">, Profile>> = { pipeline, senpai, replay };

/** The profiles of these names. Of most systems the topics' names are theirs; the narrator's can be set. */
export const profilesOf = (names: readonly ProfileName[], topics: NarratorTopics): Profile[] =>
  names.map((name) => (name === "narrator" ? narrator(topics) : FIXED[name]));

/** Systems that have a subject per symbol: what a whole subject means among their topics. */
export function partOfSubject(subject: string, topics: readonly TopicSpec[]): SubjectPart | null {
  const topic = topics.find(({ name }) => subject.startsWith(`${name}.`));
  if (topic === undefined) return null;
  const token = subject.slice(topic.name.length + 1);
  if (token === SYSTEM_TOKEN) return { topic, has: () => true };
  return { topic, has: (symbol) => symbol === token || subjectToken(symbol) === token };
}

/** The records of a topic that stand under one subject. */
export interface SubjectPart {
  readonly topic: TopicSpec;
  has(symbol: string): boolean;
}

/** Names no setting may give to another topic. */
export const FIXED_TOPICS: readonly string[] = [
  ...Object.values(TOPICS).map(({ name }) => name),
  ...Object.values(FIXED).flatMap(({ topics }) => topics.map(({ name }) => name)),
];
