import type { PartStatus } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Store } from "../../core/ports/store.ts";
import {
  type EmbeddedDatabase,
  embeddedIn,
  openStore,
  type StoreAddress,
  startEmbedded,
  type World,
} from "../../db/index.ts";
import type { Log } from "../log.ts";

export interface StoreHostOptions {
  readonly world: World;
  /** Empty: the embedded database in `dir`. */
  readonly databaseUrl: string;
  /** Make and migrate the tables of that database. */
  readonly init: boolean;
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Opening a database takes a core for seconds: first the candles, then the archive. */
  readonly after: Promise<unknown>;
  /** The store can be used; roles that write to it may start, each with an address of its own. */
  readonly onOpen: (address: () => StoreAddress) => void;
  /** The store must be let go of: it is about to be restored. */
  readonly onLost: () => Promise<void>;
}

const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 15_000;
const HEALTH_EVERY_MS = 1_000;

/** Opens the store beside everything else (the page does not wait for it), keeps it open, and says how it is. */
export class StoreHost {
  private readonly options: StoreHostOptions;
  private readonly stop = new AbortController();
  private readonly running: Promise<void>;
  private store: Store | null = null;
  private state: PartStatus["state"] = "starting";
  private text = "Opening the store";
  private recovered = "";

  constructor(options: StoreHostOptions) {
    this.options = options;
    this.running = this.run();
  }

  /** Null while it is being opened or restored. */
  current(): Store | null {
    return this.store;
  }

  part(): PartStatus {
    const text = this.state === "live" && this.recovered !== "" ? this.recovered : this.text;
    const state = this.state === "live" && this.recovered !== "" ? "stale" : this.state;
    return { kind: "part_status", part: "store", ts_ms: this.options.clock.now(), state, text: text.slice(0, 500) };
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock, log } = this.options;
    const stopped = new Promise<void>((resolve) => this.stop.signal.addEventListener("abort", () => resolve()));
    await Promise.race([this.options.after, stopped]);
    for (let failures = 0; !this.stop.signal.aborted; ) {
      try {
        if (this.options.databaseUrl === "") await this.embedded();
        else await this.server();
        failures = 0;
      } catch (cause) {
        if (this.stop.signal.aborted) return;
        this.state = "offline";
        this.text = cause instanceof Error ? cause.message : String(cause);
        log.error({ err: cause }, "the store cannot be opened; trying again");
        await clock.sleep(Math.min(RETRY_BASE_MS * 2 ** failures++, RETRY_CAP_MS), this.stop.signal);
      }
    }
  }

  /** One life of the embedded database: until it is asked to stop, or turns out damaged and is opened again. */
  private async embedded(): Promise<void> {
    const { dir, world, log } = this.options;
    const database = await startEmbedded({ ...embeddedIn(dir), signal: this.stop.signal });
    try {
      this.sayRecovery(database);
      const address = (): StoreAddress => ({ kind: "embedded", port: database.port() });
      const broken = await this.serve(await openStore(address(), world), address, database.broken);
      if (broken !== null) log.error(`the embedded database is damaged and will be restored: ${broken}`);
    } finally {
      await database.close();
    }
  }

  private async server(): Promise<void> {
    const { databaseUrl: url, init, world } = this.options;
    const address = (): StoreAddress => ({ kind: "postgres", url, init });
    await this.serve(await openStore(address(), world), address, new Promise<string>(() => undefined));
  }

  private async serve(store: Store, address: () => StoreAddress, broken: Promise<string>): Promise<string | null> {
    const ended = new AbortController();
    try {
      this.store = store;
      this.options.onOpen(address);
      const watching = this.watch(store, ended.signal);
      const stopped = new Promise<null>((resolve) => {
        if (this.stop.signal.aborted) resolve(null);
        this.stop.signal.addEventListener("abort", () => resolve(null));
      });
      const why = await Promise.race([broken, stopped]);
      ended.abort();
      await watching;
      return why;
    } finally {
      this.store = null;
      this.state = "offline";
      this.text = "The store is closed";
      await this.options.onLost();
      await store.close();
    }
  }

  private async watch(store: Store, ended: AbortSignal): Promise<void> {
    const either = AbortSignal.any([ended, this.stop.signal]);
    while (!either.aborted) {
      const health = await store.health();
      this.state = health.ok ? "live" : "offline";
      const engine = health.engine === "pglite" ? "Embedded database" : "PostgreSQL";
      this.text = health.ok ? `${engine} answers` : (health.problem ?? `${engine} does not answer`);
      await this.options.clock.sleep(HEALTH_EVERY_MS, either);
    }
  }

  private sayRecovery({ recovery }: EmbeddedDatabase): void {
    if (recovery === null) return;
    const from =
      recovery.backup === null ? "no backup" : `the backup of ${new Date(recovery.backup.created_ms).toISOString()}`;
    const moved = recovery.moved_to === null ? "" : `; the damaged files are in ${recovery.moved_to}`;
    const left = recovery.problems.length === 0 ? "" : `; not usable: ${recovery.problems.join(", ")}`;
    this.recovered = `The embedded database was restored from ${from} and the log (${recovery.why})${moved}${left}`;
    this.options.log.warn(this.recovered);
  }
}
