import { TapebellError } from "../core/errors.ts";
import { type EmbeddedOptions, startEmbedded } from "./embedded/start.ts";
import { asTapebellError } from "./faults.ts";
import { MIGRATIONS_TABLE, PUBLIC } from "./migrate.ts";
import { describeAddress, parsePostgresUrl } from "./postgres/address.ts";
import { Lanes } from "./postgres/lanes.ts";
import { openPostgres } from "./postgres/open.ts";
import { KEPT_WORLDS, type KeptWorld } from "./worlds.ts";

export interface ServerState {
  /** Host, port and database, without the password. */
  readonly where: string;
  readonly version: string;
  readonly timescale: boolean;
  readonly read_only: boolean;
  /** Migrations applied, by world; 0: its tables are not there. */
  readonly applied: Readonly<Record<KeptWorld, number>>;
}

const schemaOf = (world: KeptWorld): string => (world === "live" ? PUBLIC : world);
const LOOK_MS = 4_000;

/** Looks at a server as it is; changes nothing. */
export async function lookAtServer(url: string): Promise<ServerState> {
  const address = parsePostgresUrl(url);
  const where = `database ${describeAddress(address)}`;
  const lanes = new Lanes({
    address,
    application: "tapebell look",
    connect_ms: LOOK_MS,
    statement_ms: LOOK_MS,
    search_path: PUBLIC,
    lanes: 1,
    waiting_max: 1,
  });
  try {
    const [row] = (await lanes.run(
      `SELECT current_setting('server_version') AS version,
        EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') AS timescale,
        pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only`,
      [],
      false,
    )) as Pick<ServerState, "version" | "timescale" | "read_only">[];
    if (row === undefined) throw new TapebellError("bug", "invariant", "a SELECT without FROM gave no row");
    const applied = { live: 0, synthetic: 0 };
    for (const world of KEPT_WORLDS) {
      const list = `${schemaOf(world)}.${MIGRATIONS_TABLE}`;
      const [there] = (await lanes.run("SELECT to_regclass($1) IS NOT NULL AS yes", [list], false)) as {
        yes: boolean;
      }[];
      if (there?.yes !== true) continue;
      const [count] = (await lanes.run(`SELECT count(*)::int AS n FROM ${list}`, [], false)) as { n: number }[];
      applied[world] = count?.n ?? 0;
    }
    return { where, ...row, applied };
  } catch (cause) {
    throw asTapebellError(cause, where);
  } finally {
    await lanes.end(1_000);
  }
}

/** Brings the tables of one world on a server to this program's version, exactly as a start does. */
export async function migrateServer(url: string, world: KeptWorld): Promise<void> {
  await (await openPostgres({ url, world, write_lanes: 1, read_lanes: 1 })).close();
}

/** Makes or migrates an embedded database, exactly as a start does; whoever calls holds the lock of the data folder. */
export async function migrateEmbedded(options: EmbeddedOptions): Promise<string | null> {
  const database = await startEmbedded({ ...options, backup_every_ms: 0 });
  await database.close();
  const { recovery } = database;
  if (recovery === null) return null;
  const from =
    recovery.backup === null ? "no backup" : `the backup of ${new Date(recovery.backup.created_ms).toISOString()}`;
  const moved = recovery.moved_to === null ? "" : `; the damaged files are in ${recovery.moved_to}`;
  return `restored from ${from} (${recovery.why})${moved}`;
}
