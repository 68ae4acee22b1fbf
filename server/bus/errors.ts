import { TapebellError } from "../../core/errors.ts";
import type { TopicSpec } from "../../core/topics.ts";
import type { WireError } from "./protocol.ts";

export const busClosed = () =>
  new TapebellError("usage", "bus_closed", "the bus is closed", { hint: "open it again before using it" });

export const busGone = (why: string) =>
  new TapebellError("outside", "bus_gone", `the bus thread is gone: ${why}`, {
    hint: "what was not acked may or may not be in the log; open the bus again and send it again",
  });

export function toWire(error: unknown): WireError {
  if (error instanceof TapebellError)
    return {
      kind: error.kind,
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { kind: "bug", code: "bus_failed", message };
}

export const fromWire = (error: WireError) =>
  new TapebellError(error.kind, error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });

export const unknownTopic = (topic: string) =>
  new TapebellError("usage", "unknown_topic", `there is no topic ${topic} on this bus`, {
    hint: "topics are made by ensureTopics; check the name and the prefix",
  });

export function checkPartition(topic: string, partition: number, partitions: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitions)
    throw new TapebellError("usage", "unknown_partition", `topic ${topic} has no partition ${partition}`, {
      hint: `it has ${partitions}, counted from 0`,
    });
}

export const topicChanged = (topic: string, is: TopicSpec, asked: TopicSpec) =>
  new TapebellError(
    "usage",
    "topic_changed",
    `topic ${topic} exists with ${is.partitions} partitions, durable ${is.durable}; ` +
      `asked for ${asked.partitions}, durable ${asked.durable}`,
    { hint: "partitions and durability of a topic cannot change while it is in use" },
  );

export const positionAhead = (topic: string, partition: number, position: number, end: number) =>
  new TapebellError(
    "corrupt",
    "position_ahead",
    `position ${position} of ${topic}/${partition} is beyond the end of the log (${end})`,
    { hint: "the position comes from another log, or the log was put back from an older copy: start at earliest" },
  );
