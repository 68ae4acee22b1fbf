import { TapebellError } from "../../core/errors.ts";
import { applyMigrations, knownMigrations, MIGRATIONS_TABLE, PUBLIC } from "../migrate.ts";
import { TIME_SERIES } from "../schema/source.ts";
import { Lanes, type LanesOptions, type Run } from "./lanes.ts";

/** Any number, the same for all who migrate: two at once would both create the first table. */
const LOCK = 7_238_114;
const LOCK_WAIT_MS = 120_000;
const STATEMENT_MS = 600_000;

/** Brings the schema to this program's version; safe to run by several starters at once. */
export async function migratePostgres(options: LanesOptions): Promise<void> {
  const lanes = new Lanes({ ...options, lanes: 1, statement_ms: STATEMENT_MS });
  try {
    await lanes.withLane(async (run) => {
      await locked(run);
      if (options.search_path !== PUBLIC)
        await run(`CREATE SCHEMA IF NOT EXISTS ${schemaOf(options.search_path)}`, [], false);
      await applyMigrations(run, schemaOf(options.search_path));
      await makeHypertables(run);
      await run(`SELECT pg_advisory_unlock(${LOCK})`, [], false);
    });
  } finally {
    await lanes.end(1_000);
  }
}

/** For who may not change the schema: says what is lacking and who can mend it. */
export async function assertMigrated(options: LanesOptions): Promise<void> {
  const lanes = new Lanes({ ...options, lanes: 1 });
  try {
    const list = `${schemaOf(options.search_path)}.${MIGRATIONS_TABLE}`;
    const [there] = (await lanes.run("SELECT to_regclass($1) IS NOT NULL AS yes", [list], false)) as { yes: boolean }[];
    const [count] =
      there?.yes === true
        ? ((await lanes.run(`SELECT count(*)::int AS n FROM ${list}`, [], false)) as { n: number }[])
        : [{ n: 0 }];
    const [has, knows] = [count?.n ?? 0, knownMigrations()];
    if (has >= knows) return;
    throw new TapebellError(
      "usage",
      "store_not_initialised",
      `the database has ${has} of ${knows} migrations of this version, and ENABLE_DB_INIT=false forbids the rest`,
      { hint: "run `tapebell migrate` once, as a user who may change the schema" },
    );
  } finally {
    await lanes.end(1_000);
  }
}

function schemaOf(search_path: string): string {
  return search_path.split(",")[0] ?? PUBLIC;
}

async function locked(run: Run): Promise<void> {
  const until = performance.now() + LOCK_WAIT_MS;
  while (performance.now() < until) {
    const [row] = (await run(`SELECT pg_try_advisory_lock(${LOCK}) AS got`, [], false)) as { got: boolean }[];
    if (row?.got === true) return;
    await Bun.sleep(100);
  }
  throw new TapebellError(
    "outside",
    "migration_locked",
    "another process has been changing the schema for two minutes",
    {
      hint: "look for it, or end its session in the database",
    },
  );
}

/** The source's tables become hypertables where the extension is installed; elsewhere they stay indexed tables. */
async function makeHypertables(run: Run): Promise<void> {
  const found = await run("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'", [], false);
  if (found.length === 0) return;
  for (const table of TIME_SERIES)
    await run(`SELECT create_hypertable('${table}', 'time', if_not_exists => true, migrate_data => true)`, [], false);
}
