import { existsSync } from "node:fs";
import { TapebellError } from "../core/errors.ts";
import { marketGraph } from "../core/graph/market.ts";
import type { Settings } from "../core/settings/index.ts";
import { modelSettings } from "../core/settings/streaming.ts";
import packageFile from "../package.json";
import { systemClock } from "./clock.ts";
import { lockDataDir } from "./data-dir/lock.ts";
import { replaySource } from "./feeds/replay/which.ts";
import type { PageHandler } from "./http/app.ts";
import { assertSafeBind } from "./http/guards/bind.ts";
import { type Listening, type ListenOptions, listen, type Served } from "./http/listen.ts";
import { metricsOnly } from "./http/metrics-only.ts";
import { BUILT_PAGE, servePage } from "./http/page.ts";
import { LiveRetry } from "./live-retry.ts";
import { createLog } from "./log.ts";
import { chooseOrigin } from "./origin.ts";
import { graphSettings } from "./settings/graph.ts";
import { loadSettings } from "./settings/load.ts";
import { rulesOf } from "./settings/rules-file.ts";
import { Front, show } from "./shown.ts";
import { stopRequested } from "./signals.ts";
import { ROLES, type Role, type ThreadRole } from "./threads/protocol.ts";
import { openWorld, type World, type WorldOrigin } from "./world.ts";
import { worldDir } from "./worlds.ts";

/** The page while it is worked on: served by the development server instead of the built folder. */
export interface DevPage {
  readonly handle: PageHandler;
  readonly listen: Pick<ListenOptions, "upgrade" | "websocket">;
  close(): Promise<void>;
}

export interface MainOptions {
  readonly mode: "dev" | "start";
  readonly openDevPage?: () => Promise<DevPage>;
}

const PORTS_TRIED = 20;
export const VERSION: string = packageFile.version;

/**
 * Starts everything, prints one URL, runs until it is asked to stop. The exit code: 0 stopped, 1 a part did not come up,
 * 2 wrong usage or settings.
 */
export async function main(argv: readonly string[], options: MainOptions): Promise<number> {
  try {
    return await run(argv, options);
  } catch (cause) {
    const isLate = cause instanceof TapebellError && cause.code === "start_timeout";
    if (!(cause instanceof TapebellError) || (cause.kind !== "usage" && !isLate)) throw cause;
    process.stderr.write(`tapebell: ${cause.message}${cause.hint === undefined ? "" : `; ${cause.hint}`}\n`);
    return isLate ? 1 : 2;
  }
}

async function run(argv: readonly string[], { mode, openDevPage }: MainOptions): Promise<number> {
  const loaded = loadSettings({ argv, env: process.env, cwd: process.cwd(), ownFlags: { roles: "value" } });
  const { settings } = loaded;
  if (loaded.rest.length > 0) {
    throw new TapebellError("usage", "bad_argument", `"${loaded.rest[0]}" is not understood`, {
      hint: "flags start with --",
    });
  }
  const roles = rolesOf(loaded.flags.roles);
  assertSafeBind(settings);
  // What the graph cannot run with is refused here, not in a thread that would be started again and again.
  if (roles.includes("aggregate"))
    marketGraph.init(graphSettings(settings, 0, rulesOf(settings.streaming, process.cwd())));
  const log = createLog(settings, "server");
  for (const warning of loaded.warnings) log.warn(warning);

  const stop = stopRequested(() => process.exit(130));
  const lock = await lockDataDir(settings.DATA_DIR);
  try {
    const { origin, reasons } = await chooseOrigin(settings, systemClock);
    for (const reason of reasons) log.info({ feed: settings.FEED }, reason);
    const threadRoles = roles.filter((role) => isThread(role) && hasWork(role, settings)) as ThreadRole[];
    let retry: LiveRetry | null = null;
    const alsoSaid = () => (retry === null ? [] : [retry.part()]);
    const open = (of: WorldOrigin): Promise<World> =>
      openWorld({ origin: of, settings, version: VERSION, roles: threadRoles, log, alsoSaid });
    const world = await open(origin);
    let close = (): Promise<void> => world.close();
    const off = new AbortController();
    try {
      const devPage = mode === "dev" && openDevPage !== undefined ? await openDevPage() : null;
      const page = devPage?.handle ?? (existsSync(BUILT_PAGE) ? await servePage(BUILT_PAGE) : null);
      const how = { settings, version: VERSION, page, log };
      const front = new Front(show(world, how));
      close = () => front.current.close();
      const server = roles.includes("serve") ? bind(front, settings, mode, devPage?.listen ?? {}) : null;
      const figures = server === null ? null : bindMetrics(front, settings);
      if (server !== null && page === null)
        log.warn("no built page in web/dist: run `bun run build`; the API is served");
      announce(server, origin, settings, reasons);
      if (figures !== null) process.stdout.write(`figures ${figures.url}/metrics\n`);
      world.announce(Date.now());
      if (origin === "synthetic" && settings.FEED === "auto" && threadRoles.includes("ingest")) {
        retry = new LiveRetry({
          settings,
          clock: systemClock,
          signal: off.signal,
          reasons,
          open: () => open("live"),
          show: async (live) => {
            retry = null;
            announceLive(live.status().feed.text, settings);
            await front.replace(show(live, how));
          },
          onProblem: (text) => log.warn(text),
        });
      }
      const retrying = retry?.run();
      await Promise.race([stop, world.failed]);
      process.stderr.write("tapebell: stopping\n");
      off.abort();
      await figures?.stop();
      await server?.stop();
      await retrying;
      await devPage?.close();
    } finally {
      off.abort();
      await close();
    }
  } finally {
    lock.release();
  }
  return 0;
}

const isThread = (role: Role): role is ThreadRole => role !== "serve";

/** Roles that only some settings ask for cost nothing where they do not. */
function hasWork(role: Role, settings: Settings): boolean {
  if (role === "profiles") return settings.PROFILES.length > 0;
  if (role === "infer") return modelSettings(settings.streaming) !== null;
  return true;
}

function rolesOf(flag: string | true | undefined): readonly Role[] {
  if (typeof flag !== "string") return ROLES;
  const names = flag.split(",").map((name) => name.trim());
  for (const name of names) {
    if (!(ROLES as readonly string[]).includes(name)) {
      throw new TapebellError("usage", "unknown_role", `--roles: "${name}" is no role of this version`, {
        hint: `use any of ${ROLES.join(", ")}`,
      });
    }
  }
  return ROLES.filter((role) => names.includes(role));
}

function bind(
  app: Parameters<typeof listen>[0],
  settings: Settings,
  mode: MainOptions["mode"],
  more: Pick<ListenOptions, "upgrade" | "websocket">,
): Listening {
  const tries = mode === "dev" && settings.PORT !== 0 ? PORTS_TRIED : 1;
  for (let i = 0; ; i++) {
    const answer = listen(app, { host: settings.HOST, port: settings.PORT === 0 ? 0 : settings.PORT + i, ...more });
    if (answer.ok) {
      if (i > 0) process.stdout.write(`port   ${settings.PORT} is in use, taking ${answer.port}\n`);
      return answer;
    }
    if (answer.reason !== "port_busy" || i + 1 >= tries) throw new TapebellError("usage", answer.reason, answer.text);
  }
}

/** A second port that answers /metrics alone, under the same guards. */
function bindMetrics(app: Served, { HOST, METRICS_PORT }: Settings): Listening | null {
  if (METRICS_PORT === null) return null;
  const answer = listen(metricsOnly(app), { host: HOST, port: METRICS_PORT });
  if (!answer.ok) throw new TapebellError("usage", answer.reason, `METRICS_PORT: ${answer.text}`);
  return answer;
}

function announce(server: Listening | null, origin: WorldOrigin, settings: Settings, reasons: readonly string[]): void {
  const feed =
    origin === "synthetic"
      ? `SYNTHETIC market, scenario ${settings.SYNTHETIC_SCENARIO}`
      : origin === "replay"
        ? `REPLAY of ${replaySource(settings).name}, speed ${settings.REPLAY_SPEED}`
        : settings.FEED;
  process.stdout.write(`feed   ${[feed, ...reasons].join("; ")}\n`);
  process.stdout.write(`data   ${worldDir(settings, origin)}\n`);
  if (server !== null) process.stdout.write(`open   ${server.url}\n`);
}

function announceLive(text: string, settings: Settings): void {
  process.stdout.write(`feed   ${text}; the live market is shown from now on\n`);
  process.stdout.write(`data   ${worldDir(settings, "live")}\n`);
}
