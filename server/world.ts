import { mkdir } from "node:fs/promises";
import { TapebellError } from "../core/errors.ts";
import type { Status } from "../core/messages/index.ts";
import type { Store } from "../core/ports/store.ts";
import type { Settings } from "../core/settings/index.ts";
import { TOPICS } from "../core/topics.ts";
import type { StoreAddress, World as WorldOrigin } from "../db/index.ts";
import type { BusHost } from "./bus/embedded/host.ts";
import { openBus } from "./bus/open.ts";
import { type Cache, createCache } from "./cache/cache.ts";
import type { HeldPart } from "./cache/state.ts";
import { foldStatus } from "./cache/status.ts";
import { systemClock } from "./clock.ts";
import type { Log } from "./log.ts";
import { inTime, partsFailed } from "./start-up.ts";
import { StoreHost } from "./store/store-host.ts";
import { Supervisor } from "./supervisor/supervisor.ts";
import { spawnThread } from "./supervisor/threads.ts";
import type { ThreadRole } from "./threads/protocol.ts";
import { PREFIX, worldDir } from "./worlds.ts";

/** What is live and what is made up never share a log, a store or a page: each origin is a world of its own. */
export type { WorldOrigin };

export interface WorldOptions {
  readonly origin: WorldOrigin;
  readonly settings: Settings;
  readonly version: string;
  /** Worker roles this process runs, in the order in which they are stopped. */
  readonly roles: readonly ThreadRole[];
  readonly log: Log;
  /** False: nothing here reads or writes the store, so it is not opened. */
  readonly withStore?: boolean;
  /** What else there is to say of how it is. */
  readonly alsoSaid?: () => HeldPart[];
}

/** One origin's tape with all that works on it: bus thread, worker threads, cache. */
export interface World {
  readonly origin: WorldOrigin;
  readonly bus: BusHost;
  readonly cache: Cache;
  /** Rejects when a part did not come up within START_TIMEOUT_SEC; never resolves. */
  readonly failed: Promise<never>;
  /** Null while it is being opened or restored. */
  store(): Store | null;
  status(): Status;
  /** The URL has been printed. */
  announce(at_ms: number): void;
  /** Feeds first, then what reads them, then the log: nothing that was said is lost. */
  close(): Promise<void>;
}

const FIRST_BAR_WAIT_MS = 3_000;

/** Resolves when there is something to see, or after a while: a market may be closed. */
function firstBar(cache: Cache): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      off();
      resolve();
    };
    const timer = setTimeout(done, FIRST_BAR_WAIT_MS);
    const off = cache.subscribe({
      event: ({ topic }) => {
        if (topic === "bars") done();
      },
      broken: () => undefined,
    });
  });
}

/** What was lost or set aside stays said until the next start, but does not make what is whole unready. */
function busPart(bus: BusHost): HeldPart {
  const now_ms = Date.now();
  const newest = bus.problems().at(-1);
  const state = newest === undefined ? "live" : "stale";
  const text = (newest?.text ?? "The log is whole").slice(0, 500);
  const since_ms = newest?.at_ms ?? now_ms;
  return { status: { kind: "part_status", part: "bus", ts_ms: now_ms, state, text }, received_ms: now_ms, since_ms };
}

function storePart(store: StoreHost): HeldPart {
  const status = store.part();
  return { status, received_ms: status.ts_ms, since_ms: status.ts_ms };
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { origin, settings, roles, log, version, alsoSaid = () => [] } = options;
  const dir = worldDir(settings, origin);
  const started_ms = Date.now();
  await mkdir(dir, { recursive: true });
  const opening = openBus({ engine: settings.BUS, dir, prefix: PREFIX[origin], fsync: settings.BUS_FSYNC });
  const bus = await inTime("the log", opening, settings.START_TIMEOUT_SEC);
  await inTime("the log", bus.ensureTopics(Object.values(TOPICS)), settings.START_TIMEOUT_SEC);
  for (const problem of bus.problems()) log.warn({ topic: problem.topic }, problem.text);

  const supervisor = new Supervisor({
    clock: systemClock,
    restartBackoffMs: settings.TASK_RESTART_BACKOFF_SEC * 1000,
    restartsPerMinuteMax: settings.TASK_RESTART_MAX_PER_MIN,
    spawn: (role, heard, ended) =>
      spawnThread(
        role,
        {
          t: "init",
          role,
          settings,
          origin,
          dir,
          started_ms,
          bus: bus.connect(),
          store: role === "persist" ? storeAddress() : null,
        },
        heard,
        ended,
      ),
    onChange: ({ role, state, text }) => {
      const level = state === "gave_up" ? "error" : state === "restarting" ? "warn" : "debug";
      log[level]({ role, state }, text);
    },
  });
  let storeAddress: () => StoreAddress = () => {
    throw new TapebellError("bug", "invariant", "persist was started before the store was open");
  };
  for (const role of roles) if (role !== "persist") supervisor.start(role);
  const cache = createCache(bus, { clock: systemClock });
  const keep = (): StoreHost =>
    new StoreHost({
      world: origin,
      // A replay is made again from its source, and never among what is kept.
      databaseUrl: origin === "replay" ? "" : settings.DATABASE_URL,
      init: settings.ENABLE_DB_INIT,
      dir,
      clock: systemClock,
      log,
      after: firstBar(cache),
      onOpen: (address) => {
        storeAddress = address;
        if (roles.includes("persist")) supervisor.start("persist");
      },
      onLost: () => supervisor.stop("persist"),
    });
  const store = options.withStore === false ? null : keep();

  const closing = new AbortController();
  // Whoever waits for the store begins when that has come, be it a moment before the time is over.
  const missing = () => supervisor.neverRan().filter(({ role }) => role !== "persist");
  const failed = partsFailed(missing, settings.START_TIMEOUT_SEC, systemClock, closing.signal);
  failed.catch(() => undefined);

  return {
    origin,
    bus,
    cache,
    failed,
    store: () => store?.current() ?? null,
    announce: (at_ms) => supervisor.announce(at_ms),
    status: () =>
      foldStatus({
        now_ms: Date.now(),
        origin,
        version,
        started_ms,
        workers: supervisor.facts(),
        parts: new Map([
          ...cache.state.parts,
          ...[busPart(bus), ...(store === null ? [] : [storePart(store)]), ...alsoSaid()].map(
            (held) => [held.status.part, held] as const,
          ),
        ]),
        isSeeded: cache.isSeeded,
        troubles: cache.troubles(),
        newest_ts_ms: cache.state.newest_ts_ms,
        nearest: cache.state.nearest.values(),
        gaps: cache.state.gapCounts,
        deadLetters: cache.state.deadLetters,
      }),
    async close() {
      closing.abort();
      supervisor.close();
      for (const role of roles) await supervisor.stop(role);
      await store?.close();
      await cache.close();
      await bus.close();
    },
  };
}
