import { bigint, bigserial, doublePrecision, index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";

const whole = (name: string) => bigint(name, { mode: "number" });

/** How far each reader's rows reach; moved in the statement that writes the rows. */
export const offsets = pgTable(
  "offsets",
  {
    reader: text("reader").notNull(),
    log_id: text("log_id").notNull(),
    topic: text("topic").notNull(),
    partition: integer("partition").notNull(),
    position: whole("position").notNull(),
  },
  (t) => [primaryKey({ columns: [t.reader, t.log_id, t.topic, t.partition] })],
);

export const checkpoints = pgTable(
  "checkpoints",
  {
    key: text("key").notNull(),
    save_id: text("save_id").notNull(),
    seq: bigserial("seq", { mode: "number" }).notNull(),
    digest: text("digest").notNull(),
    body: text("body").notNull(),
  },
  (t) => [primaryKey({ columns: [t.key, t.save_id] })],
);

/** Who owns a partition of a role, and until when; the epoch rises with every change of owner. */
export const leases = pgTable(
  "leases",
  {
    role: text("role").notNull(),
    partition: integer("partition").notNull(),
    owner: text("owner").notNull(),
    epoch: whole("epoch").notNull(),
    until_ms: doublePrecision("until_ms").notNull(),
  },
  (t) => [primaryKey({ columns: [t.role, t.partition] })],
);

export const jobRuns = pgTable(
  "job_runs",
  {
    id: text("id").primaryKey(),
    job: text("job").notNull(),
    started_ms: doublePrecision("started_ms").notNull(),
    finished_ms: doublePrecision("finished_ms"),
    from_ms: doublePrecision("from_ms"),
    to_ms: doublePrecision("to_ms"),
    rows: whole("rows").notNull(),
    status: text("status").notNull(),
    error: text("error"),
  },
  (t) => [index("job_runs_started").on(t.started_ms)],
);
