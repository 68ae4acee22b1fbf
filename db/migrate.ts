import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import { drizzleOver, type Send, unwrapped } from "./client-face.ts";

const FOLDER = fileURLToPath(new URL("migrations", import.meta.url));
export const PUBLIC = "public";
export const MIGRATIONS_TABLE = "tapebell_migrations";

/** How many migrations this program knows. */
export const knownMigrations = (): number => readMigrationFiles({ migrationsFolder: FOLDER }).length;

/** Brings a schema to this program's version, over any session; the list of what has been applied lies beside the tables. */
export async function applyMigrations(send: Send, schema: string): Promise<void> {
  await unwrapped(
    migrate(drizzleOver(send), {
      migrationsFolder: FOLDER,
      migrationsSchema: schema,
      migrationsTable: MIGRATIONS_TABLE,
    }),
  );
}
