import { existsSync } from "node:fs";
import { Command } from "commander";
import type { Settings } from "../../core/settings/index.ts";
import {
  embeddedIn,
  KEPT_WORLDS,
  knownMigrations,
  lookAtServer,
  migrateEmbedded,
  migrateServer,
} from "../../db/index.ts";
import { lockDataDir } from "../data-dir/lock.ts";
import { originOf } from "../origin.ts";
import { loadSettings } from "../settings/load.ts";
import { worldDir } from "../worlds.ts";
import { settingsOptions } from "./io/options.ts";
import { type Io, LineWriter } from "./io/streams.ts";

export function command(io: Io): Command {
  return settingsOptions(new Command("migrate"))
    .description("bring the database's tables to this program's version, as a start does")
    .action(async ({ set, config }: { readonly set: readonly string[]; readonly config?: string }) => {
      const { settings } = loadSettings({ env: io.env, cwd: io.cwd, config, sets: set });
      const out = new LineWriter(io.stdout);
      const work = settings.DATABASE_URL === "" ? embedded(settings) : server(settings.DATABASE_URL);
      for await (const line of work) {
        out.add(line);
        await out.flush();
      }
    });
}

/** Waits for another starter that is migrating: the server's own lock stands between them. */
async function* server(url: string): AsyncGenerator<string> {
  const before = (await lookAtServer(url)).applied;
  for (const world of KEPT_WORLDS) await migrateServer(url, world);
  const { where, applied, timescale } = await lookAtServer(url);
  for (const world of KEPT_WORLDS) {
    const made = applied[world] - before[world];
    const did = made === 0 ? "already at this version" : `${made} applied`;
    yield `${where}, ${world} records: ${did} (${applied[world]} of ${knownMigrations()} migrations)`;
  }
  yield `${where}: ${timescale ? "TimescaleDB is there, the time series are hypertables" : "without TimescaleDB, plain indexed tables"}`;
}

async function* embedded(settings: Settings): AsyncGenerator<string> {
  const lock = await lockDataDir(settings.DATA_DIR);
  try {
    for (const world of KEPT_WORLDS) {
      const place = embeddedIn(worldDir(settings, world));
      const wasThere = existsSync(place.folder);
      if (!wasThere && world !== originOf(settings)) continue;
      const restored = await migrateEmbedded(place);
      const did = restored ?? (wasThere ? "opened and brought to this version" : "made");
      yield `embedded database ${place.folder}: ${did} (${knownMigrations()} of ${knownMigrations()} migrations)`;
    }
  } finally {
    lock.release();
  }
}
