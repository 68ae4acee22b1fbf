import type { Origin } from "../core/messages/index.ts";
import type { Store } from "../core/ports/store.ts";
import { connectEmbedded } from "./embedded/connect.ts";
import { openPostgres, type PostgresOptions } from "./postgres/open.ts";
import { storeOver } from "./store.ts";

export {
  type EmbeddedDatabase,
  type EmbeddedOptions,
  embeddedIn,
  type Recovery,
  startEmbedded,
} from "./embedded/start.ts";

/** Where the store is: a port to the embedded database's thread, or a server. */
export type StoreAddress =
  | { readonly kind: "embedded"; readonly port: MessagePort }
  | ({ readonly kind: "postgres" } & PostgresOptions);

/** Opens the store for one role. The world says which origin its records have. */
export async function openStore(address: StoreAddress, world: Extract<Origin, "live" | "synthetic">): Promise<Store> {
  const database =
    address.kind === "embedded" ? connectEmbedded(address.port) : await openPostgres({ ...address, world });
  return storeOver(database, world);
}
