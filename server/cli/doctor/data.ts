import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../../core/settings/index.ts";
import { TOPICS } from "../../../core/topics.ts";
import { embeddedIn, KEPT_WORLDS, knownMigrations, lookAtServer } from "../../../db/index.ts";
import { lookInto } from "../../bus/embedded/look.ts";
import { openBus } from "../../bus/open.ts";
import { logFolder, worldDir } from "../../worlds.ts";
import { type Finding, ok, problem } from "./finding.ts";

/** Opens a bus of its own beside the real one, on the same disk and with the same settings, and writes to it. */
export async function bus({ DATA_DIR, BUS, BUS_FSYNC }: Settings): Promise<Finding> {
  const part = `bus ${BUS}`;
  let dir: string | null = null;
  try {
    dir = mkdtempSync(join(DATA_DIR, "doctor-"));
    const opened = await openBus({ engine: BUS, dir, prefix: "", fsync: BUS_FSYNC });
    try {
      await opened.ensureTopics([TOPICS.system]);
      await opened.publish(TOPICS.system.name, 0, ['{"kind":"probe"}']);
      const records = (await opened.tail(TOPICS.system.name, 1)).flatMap((batch) => batch.values);
      if (records.length !== 1)
        return { ok: false, text: `${part}: a record written in ${DATA_DIR} is not read again` };
    } finally {
      await opened.close();
    }
    return ok(`${part}: opens, writes and reads in ${DATA_DIR}`);
  } catch (cause) {
    return problem(part, cause);
  } finally {
    if (dir !== null) rmSync(dir, { recursive: true, force: true });
  }
}

/** Reads the end of every log that is there, without opening it for writing. */
export function logs(settings: Settings): Finding {
  let looked = 0;
  for (const world of KEPT_WORLDS) {
    for (const { name, partitions, durable } of Object.values(TOPICS)) {
      const folder = logFolder(settings, world, name);
      if (!durable || !existsSync(folder)) continue;
      try {
        lookInto(folder, partitions).tail(1);
        looked++;
      } catch (cause) {
        return problem("log", cause);
      }
    }
  }
  return ok(looked === 0 ? `log: none yet in ${settings.DATA_DIR}` : `log: ${looked} topics can be read`);
}

/** The embedded database is not opened: opening a damaged one would begin to restore it. */
function embedded(settings: Settings): Finding[] {
  const there = KEPT_WORLDS.map((world) => embeddedIn(worldDir(settings, world)).folder).filter((folder) =>
    existsSync(folder),
  );
  if (there.length === 0) return [ok("store: embedded database, made at the first start")];
  return there.map((folder) => {
    const marker = `${folder}.broken`;
    if (existsSync(marker))
      return {
        ok: false,
        text: `store: the embedded database ${folder} is damaged: ${readFileSync(marker, "utf8").slice(0, 300)}`,
        mend: "start once: it is moved aside and restored from the newest backup and the log",
      };
    if (!existsSync(join(folder, "PG_VERSION")))
      return {
        ok: false,
        text: `store: ${folder} holds no database`,
        mend: "start once: it is moved aside and made anew from the newest backup and the log",
      };
    return ok(`store: embedded database in ${folder}`);
  });
}

async function server({ DATABASE_URL }: Settings): Promise<Finding[]> {
  try {
    const { where, version, timescale, read_only, applied } = await lookAtServer(DATABASE_URL);
    const series = timescale ? "with TimescaleDB" : "without TimescaleDB (plain indexed tables)";
    const reached = `store: ${where} answers, PostgreSQL ${version}, ${series}`;
    if (read_only)
      return [{ ok: false, text: `${reached}, but takes no writes`, mend: "name the primary server in DATABASE_URL" }];
    const behind = KEPT_WORLDS.filter((world) => applied[world] < knownMigrations());
    const ahead = KEPT_WORLDS.filter((world) => applied[world] > knownMigrations());
    if (ahead.length > 0)
      return [
        ok(reached),
        {
          ok: false,
          text: `store: the tables of ${ahead.join(" and ")} records are of a newer Tapebell than this`,
          mend: "run that version, or name another database",
        },
      ];
    if (behind.length === 0) return [ok(`${reached}, tables at this version`)];
    return [
      ok(reached),
      {
        ok: false,
        text: `store: the tables of ${behind.join(" and ")} records are not there or older than this Tapebell`,
        mend: "run `bun run tapebell migrate` (a start does it too)",
      },
    ];
  } catch (cause) {
    return [problem("store", cause)];
  }
}

export async function store(settings: Settings): Promise<Finding[]> {
  return settings.DATABASE_URL === "" ? embedded(settings) : await server(settings);
}
