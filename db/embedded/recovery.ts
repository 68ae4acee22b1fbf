import type { PartitionInfo } from "../../core/ports/bus.ts";
import type { Recovery } from "./start.ts";

/** What the log does not carry: for the time after the backup nothing brings it back. */
const NOT_IN_THE_LOG = "metrics and job runs";

/** After a recovery: what neither the backup nor the log holds, one sentence each. */
export async function whatIsLost(
  recovery: Recovery,
  logOf: (topic: string, partition: number) => Promise<PartitionInfo>,
): Promise<string[]> {
  if (recovery.backup === null) return ["no backup could be used: all that is older than the log's beginning is lost"];
  const lost = [`${NOT_IN_THE_LOG} written after ${new Date(recovery.backup.created_ms).toISOString()} are lost`];
  for (const { topic, partition, log_id, position } of recovery.replay_from) {
    const log = await logOf(topic, partition);
    if (log.log_id !== log_id)
      lost.push(`${topic}/${partition}: the log was made anew; what the old one held after ${position} is lost`);
    else if (log.start > position)
      lost.push(`${topic}/${partition}: records ${position} to ${log.start - 1} are in neither the backup nor the log`);
  }
  return lost;
}
