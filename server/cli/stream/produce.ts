import { TapebellError } from "../../../core/errors.ts";
import type { PartStatus } from "../../../core/messages/index.ts";
import type { Settings } from "../../../core/settings/index.ts";
import packageFile from "../../../package.json";
import { systemClock } from "../../clock.ts";
import { lockDataDir } from "../../data-dir/lock.ts";
import { createLog } from "../../log.ts";
import { chooseOrigin } from "../../origin.ts";
import { loadSettings } from "../../settings/load.ts";
import { openWorld, type World } from "../../world.ts";
import { PREFIX, worldDir } from "../../worlds.ts";
import { onStop } from "../io/stop.ts";
import type { Io } from "../io/streams.ts";

export interface ProduceOptions {
  readonly provider: string;
  readonly symbols?: string;
  readonly set: readonly string[];
  readonly config?: string;
}

const LOOK_MS = 200;
const SURE_MS = 1_000;

/** Runs one feed into the log and the pipeline's topic, and nothing else, until it ends or is asked to stop. */
export async function produce(io: Io, options: ProduceOptions): Promise<number> {
  const symbols = options.symbols === undefined ? [] : [`SYMBOLS=${options.symbols}`];
  const sets = [...options.set, `FEED=${options.provider}`, ...symbols];
  const { settings: given } = loadSettings({ env: io.env, cwd: io.cwd, config: options.config, sets });
  const PROFILES: Settings["PROFILES"] = [...new Set([...given.PROFILES, "pipeline" as const])];
  const settings = { ...given, PROFILES };
  if (options.provider === "synthetic" && options.symbols !== undefined)
    throw new TapebellError("usage", "own_symbols", "--symbols: the synthetic market has symbols of its own", {
      hint: "leave --symbols out, or name a venue with --provider",
    });
  const say = (text: string): void => void io.stderr.write(`produce: ${text}\n`);
  const stop = new AbortController();
  const forget = onStop(stop);
  const { origin, reasons } = await chooseOrigin(settings, systemClock);
  const lock = await lockDataDir(settings.DATA_DIR);
  try {
    const world = await openWorld({
      origin,
      settings,
      version: packageFile.version,
      roles: ["ingest", "profiles"],
      log: createLog(settings, "produce"),
      withStore: false,
    });
    try {
      world.announce(Date.now());
      say(
        [`topic ${PREFIX[origin]}mdp.events in ${worldDir(settings, origin)}; Ctrl-C ends it`, ...reasons].join("; "),
      );
      const failed = await Promise.race([wait(world, stop.signal, say), world.failed]);
      const { written = 0 } = partOf(world, "profiles")?.counters ?? {};
      io.stdout.write(`produce: ${written} records written\n`);
      return failed ? 1 : 0;
    } finally {
      await world.close();
    }
  } finally {
    forget();
    lock.release();
  }
}

const partOf = (world: World, name: string): PartStatus | undefined =>
  world.status().parts.find(({ part }) => part === name);

/** A recording ends once all of it is written, by a word that is surely younger than its end. */
function isWritten(part: PartStatus | undefined, ended_ms: number): boolean {
  return part !== undefined && part.ts_ms > ended_ms + SURE_MS && part.counters?.unwritten === 0;
}

/** True: a part gave up. Says how the feed is whenever that changes. */
async function wait(world: World, signal: AbortSignal, say: (text: string) => void): Promise<boolean> {
  let told = "";
  while (!signal.aborted) {
    const { feed, parts } = world.status();
    const fallen = parts.find(({ part, state }) => part.startsWith("worker:") && state === "failed");
    if (fallen !== undefined) {
      say(fallen.text);
      return true;
    }
    if (feed.state !== told) {
      told = feed.state;
      say(feed.text);
    }
    if (feed.state === "ended" && isWritten(partOf(world, "profiles"), feed.since_ms)) return false;
    await systemClock.sleep(LOOK_MS, signal);
  }
  return false;
}
