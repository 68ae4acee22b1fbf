import { desc, eq } from "drizzle-orm";
import type { JobRun, StoredOffset } from "../../core/ports/store.ts";
import type { Reads } from "../database.ts";
import { jobRuns, offsets } from "../schema/index.ts";
import { upsertsOf } from "../sql/upsert.ts";
import { pageSize } from "./pages.ts";

/** The newest word about a run stands, and what has finished does not run again. */
export const jobRunsUpsert = upsertsOf<JobRun>().into(jobRuns, {
  values: {
    id: (run) => run.id,
    job: (run) => run.job,
    started_ms: (run) => run.started_ms,
    finished_ms: (run) => run.finished_ms,
    from_ms: (run) => run.from_ms,
    to_ms: (run) => run.to_ms,
    rows: (run) => run.rows,
    status: (run) => run.status,
    error: (run) => run.error,
  },
  key: ["id"],
  wins: "t.finished_ms IS NULL OR excluded.finished_ms IS NOT NULL",
});

export async function readJobRuns(reads: Reads, query: { job?: string; limit: number }): Promise<JobRun[]> {
  const rows = await reads
    .select()
    .from(jobRuns)
    .where(query.job === undefined ? undefined : eq(jobRuns.job, query.job))
    .orderBy(desc(jobRuns.started_ms))
    .limit(pageSize(query.limit));
  return rows.map((row) => ({ ...row, status: row.status as JobRun["status"] }));
}

export async function readOffsets(reads: Reads, reader: string): Promise<StoredOffset[]> {
  return await reads.select().from(offsets).where(eq(offsets.reader, reader));
}
