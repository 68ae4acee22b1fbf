import { TapebellError } from "../../core/errors.ts";
import type { TopicSpec } from "../../core/topics.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** One record, as UTF-8. */
export const RECORD_BYTES_MAX = MIB;
/** One `publish` call. */
export const PUBLISH_BYTES_MAX = 16 * MIB;
export const PUBLISH_RECORDS_MAX = 100_000;
/** A block is one row of the log: what is read, checked and sent as one piece. */
export const BLOCK_RECORDS_MAX = 5_000;
export const BLOCK_BYTES_MAX = MIB;
/** What one follower is sent at a time, at most (a single block may be larger by one record). */
export const READ_BYTES_MAX = MIB;
export const FOLLOW_RECORDS_DEFAULT = 5_000;
/** Bytes one connection may have published and not yet got an ack for; further calls wait. */
export const IN_FLIGHT_BYTES_MAX = 8 * MIB;
export const TAIL_RECORDS_MAX = 10_000;
export const WORK_IN_FLIGHT_DEFAULT = 256;
export const WORK_TAKE_MAX = 64;
export const CLAIM_AFTER_MS_DEFAULT = 30_000;
const PARTITIONS_MAX = 256;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,150}$/;
const usage = (code: string, message: string, hint: string) => new TapebellError("usage", code, message, { hint });

export function checkPrefix(prefix: string): void {
  if (prefix !== "" && !NAME.test(prefix))
    throw usage("bad_prefix", `the topic prefix ${JSON.stringify(prefix)} is not usable`, "use letters, digits, . _ -");
}

export function checkSpec(spec: TopicSpec): void {
  if (!NAME.test(spec.name))
    throw usage("bad_topic", `the topic name ${JSON.stringify(spec.name)} is not usable`, "use letters, digits, . _ -");
  if (!Number.isInteger(spec.partitions) || spec.partitions < 1 || spec.partitions > PARTITIONS_MAX)
    throw usage("bad_topic", `topic ${spec.name} asks for ${spec.partitions} partitions`, `use 1 to ${PARTITIONS_MAX}`);
  if (!(spec.retentionMs > 0) || !(spec.retentionBytes > 0))
    throw usage("bad_topic", `topic ${spec.name} has no positive retention`, "give both a time and a size");
}

/** Returns the size of the record as UTF-8, or a bound above it. */
export function checkRecord(topic: string, value: string): number {
  const bytes = value.length * 3;
  if (bytes <= RECORD_BYTES_MAX) return bytes;
  const exact = value.length > RECORD_BYTES_MAX ? value.length : Buffer.byteLength(value);
  if (exact > RECORD_BYTES_MAX)
    throw usage(
      "record_too_large",
      `a record of ${exact} bytes for topic ${topic} is over the limit of ${RECORD_BYTES_MAX}`,
      "split it, or leave out what readers do not need",
    );
  return exact;
}
