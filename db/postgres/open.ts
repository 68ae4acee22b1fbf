import type { StoreHealth } from "../../core/ports/store.ts";
import { drizzleOver } from "../client-face.ts";
import type { Database, Param } from "../database.ts";
import { asTapebellError, explain, remedyFor } from "../faults.ts";
import { PUBLIC } from "../migrate.ts";
import type { World } from "../worlds.ts";
import { describeAddress, parsePostgresUrl } from "./address.ts";
import { isOutage, Lanes, type LanesOptions } from "./lanes.ts";
import { assertMigrated, migratePostgres } from "./migrate.ts";

export interface PostgresOptions {
  readonly url: string;
  /** Records of different origins never share a table: live ones lie in `public`, others in a schema of their name. */
  readonly world?: World;
  readonly application?: string;
  readonly write_lanes?: number;
  readonly read_lanes?: number;
  readonly connect_ms?: number;
  /** The server stops a statement after this long. */
  readonly write_ms?: number;
  readonly read_ms?: number;
  /** How long one write is tried before it is rejected. */
  readonly give_up_ms?: number;
  /** How long the first connection is waited for. */
  readonly start_ms?: number;
  /** False: tables are not made or changed here, and must be of this program's version. */
  readonly init?: boolean;
}

const BATCH_ROWS = 5_000;
const HEALTH_MS = 1_500;
const DRAIN_MS = 5_000;

export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const address = parsePostgresUrl(options.url);
  const where = `database ${describeAddress(address)}`;
  const lanesFor = (lanes: number, statement_ms: number, what: string): LanesOptions => ({
    address,
    application: `${options.application ?? "tapebell"} ${what}`,
    connect_ms: options.connect_ms ?? 4_000,
    statement_ms,
    search_path: options.world === undefined || options.world === "live" ? PUBLIC : `${options.world},${PUBLIC}`,
    lanes,
    waiting_max: 1_000,
  });
  const writing = lanesFor(options.write_lanes ?? 4, options.write_ms ?? 10_000, "writes");
  const begin = options.init === false ? assertMigrated : migratePostgres;
  await firstConnection(() => begin(writing), options.start_ms ?? 15_000, where);
  return new PostgresDatabase(
    where,
    new Lanes(writing),
    new Lanes(lanesFor(options.read_lanes ?? 2, options.read_ms ?? 5_000, "reads")),
    options.give_up_ms ?? 30_000,
  );
}

/** A server that is just starting is waited for; a wrong password is said at once. */
async function firstConnection(begin: () => Promise<void>, start_ms: number, where: string): Promise<void> {
  const until = performance.now() + start_ms;
  for (;;) {
    try {
      return await begin();
    } catch (cause) {
      if (remedyFor(cause) === "give_up" || performance.now() >= until) throw asTapebellError(cause, where);
      await Bun.sleep(250);
    }
  }
}

class PostgresDatabase implements Database {
  readonly engine = "postgres";
  readonly batchRows = BATCH_ROWS;
  readonly reads;
  readonly #where: string;
  readonly #writing: Lanes;
  readonly #reading: Lanes;
  readonly #give_up_ms: number;
  #unwritable: unknown = null;

  constructor(where: string, writing: Lanes, reading: Lanes, give_up_ms: number) {
    this.#where = where;
    this.#writing = writing;
    this.#reading = reading;
    this.#give_up_ms = give_up_ms;
    this.reads = drizzleOver(async (text, params, asArrays) => {
      try {
        return await this.#reading.runSurely(text, params, asArrays, this.#reading.options.statement_ms);
      } catch (cause) {
        throw asTapebellError(cause, where);
      }
    });
  }

  async write<Row>(text: string, params: readonly Param[]): Promise<readonly Row[]> {
    try {
      const rows = await this.#writing.runSurely(text, params, false, this.#give_up_ms);
      this.#unwritable = null;
      return rows as readonly Row[];
    } catch (cause) {
      if (isOutage(cause)) this.#unwritable = cause;
      throw asTapebellError(cause, this.#where);
    }
  }

  /** The server's own autovacuum does it. */
  async reclaim(): Promise<void> {}

  async health(): Promise<StoreHealth> {
    let problem: unknown = this.#unwritable ?? (isOutage(this.#writing.lastFault) ? this.#writing.lastFault : null);
    try {
      await this.#reading.run("SELECT 1", [], false, HEALTH_MS);
    } catch (cause) {
      problem ??= cause;
    }
    const said = problem === null ? null : explain(problem, this.#where);
    return {
      engine: this.engine,
      ok: problem === null,
      problem: said === null ? null : `${said.message}; ${said.hint}`,
      waiting: this.#writing.waiting + this.#reading.waiting,
      retries: this.#writing.retries + this.#reading.retries,
      reconnects: this.#writing.discarded + this.#reading.discarded,
      backup_ms: null,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#writing.end(DRAIN_MS), this.#reading.end(1_000)]);
  }
}
