import type { TopicKey, TopicSpec } from "../topics.ts";

export const PROFILE_NAMES = ["narrator", "pipeline", "senpai", "replay"] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** A record in another system's words, on its way to that system's consumers. */
export interface Written {
  /** The topic of that system; where it has a subject per symbol, what they have in common. */
  readonly topic: string;
  /** The whole subject, as NATS spells it; the topic's name where there is but one. */
  readonly subject: string;
  /** What a broker orders by and compacts to: the newest record of a key stands for it. */
  readonly key: string;
  /** One line of JSON. */
  readonly text: string;
}

/** One source system's topics: what they are made of, and how. Pure. */
export interface Profile {
  /** What of the tape it is made from. */
  readonly reads: readonly TopicKey[];
  readonly topics: readonly TopicSpec[];
  /** `sent_ms`: when it leaves, for systems whose records say so. A record that is none of theirs gives nothing. */
  write(record: ProfileInput, sent_ms: number): readonly Written[];
}

/** Any record of the tape: a profile picks those it knows by their `kind`. */
export type ProfileInput = { readonly kind?: string };

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WRITER = "profiles";

/** A topic of what comes by the million: consumers are there now or have an hour. */
export const busyTopic = (name: string, retentionBytes = 512 * MIB): TopicSpec => ({
  name,
  partitions: 1,
  retentionMs: 60 * MINUTE_MS,
  retentionBytes,
  durable: true,
  writer: WRITER,
  readers: ["other systems"],
});

/** A topic of what is rare and matters: kept as long as ours of the same records. */
export const rareTopic = (name: string): TopicSpec => ({
  ...busyTopic(name, 256 * MIB),
  retentionMs: 30 * DAY_MS,
});

/** A name as one token of a subject: `BRK.B` → `BRK%2EB`. */
export const subjectToken = (name: string): string =>
  name.replace(/[.*>%\s]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

/** One record of a topic that has one subject. */
export const written = (topic: string, key: string, value: object): Written => ({
  topic,
  subject: topic,
  key,
  text: JSON.stringify(value),
});

/** One record of a topic that has a subject per name. */
export const writtenFor = (topic: string, name: string, value: object): Written => ({
  topic,
  subject: `${topic}.${subjectToken(name)}`,
  key: name,
  text: JSON.stringify(value),
});

/** Where a record came from is our own business. */
export function withoutOrigin<T extends object>(record: T): Omit<T, "origin"> {
  const { origin: _, ...rest } = record as T & { origin?: unknown };
  return rest;
}
