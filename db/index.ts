import type { Checkpoints } from "../core/ports/checkpoints.ts";
import type { Store } from "../core/ports/store.ts";
import { checkpointsOver } from "./checkpoints.ts";
import type { Database } from "./database.ts";
import { connectEmbedded } from "./embedded/connect.ts";
import { openPostgres, type PostgresOptions } from "./postgres/open.ts";
import { storeOver } from "./store.ts";
import type { World } from "./worlds.ts";

export { whatIsLost } from "./embedded/recovery.ts";
export {
  type EmbeddedDatabase,
  type EmbeddedOptions,
  embeddedIn,
  type Recovery,
  startEmbedded,
} from "./embedded/start.ts";
export { knownMigrations } from "./migrate.ts";
export { cursorOf, cursorText, type ListPlace } from "./repositories/pages.ts";
export { epochMs } from "./sql/time.ts";
export { lookAtServer, migrateEmbedded, migrateServer } from "./upkeep.ts";
export { KEPT_WORLDS, type World } from "./worlds.ts";

/** Under which name the role that fills the store keeps its positions there. */
export const PERSIST_READER = "persist";

/** Where the database is: a port to the embedded one's thread, or a server. */
export type StoreAddress =
  | { readonly kind: "embedded"; readonly port: MessagePort }
  | ({ readonly kind: "postgres" } & Omit<PostgresOptions, "world">);

/** Opens the store for one role. */
export async function openStore(address: StoreAddress, world: World): Promise<Store> {
  return storeOver(await openDatabase(address, world), world);
}

/** Opens the checkpoints of one role in the database; a role on one machine keeps them in files instead. */
export async function openDatabaseCheckpoints(address: StoreAddress, world: World): Promise<Checkpoints> {
  const database = await openDatabase(
    address.kind === "postgres" ? { ...address, write_lanes: 1, read_lanes: 1 } : address,
    world,
  );
  const checkpoints = checkpointsOver(database);
  return {
    ...checkpoints,
    async close() {
      await checkpoints.close();
      await database.close();
    },
  };
}

async function openDatabase(address: StoreAddress, world: World): Promise<Database> {
  return address.kind === "embedded" ? connectEmbedded(address.port) : await openPostgres({ ...address, world });
}
