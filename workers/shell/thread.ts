import { TapebellError } from "../../core/errors.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Settings } from "../../core/settings/index.ts";
import type { StoreAddress, World } from "../../db/index.ts";
import { connectBus } from "../../server/bus/embedded/connect.ts";
import { systemClock } from "../../server/clock.ts";
import { createLog, type Log } from "../../server/log.ts";
import type { FromThread, ThreadRole, ToThread } from "../../server/threads/protocol.ts";

declare const self: Worker;

/** What a role is given, in a thread or in a test. */
export interface RoleContext {
  readonly settings: Settings;
  readonly origin: World;
  readonly dir: string;
  /** When this process opened its log. */
  readonly started_ms: number;
  readonly bus: Bus;
  readonly storeAddress: StoreAddress | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Said once the role does its work. */
  ready(): void;
  /** Resolves with the time the URL was printed. */
  readonly announced: Promise<number>;
}

export type RoleMain = (context: RoleContext) => Promise<void>;

/** Makes this worker thread the given role: init → run until stop → stopped, or failed with a reason. */
export function runThread(role: ThreadRole, main: RoleMain): void {
  const stop = new AbortController();
  const announced = Promise.withResolvers<number>();
  const tell = (message: FromThread): void => postMessage(message);

  const fail = (cause: unknown): void => {
    const known = cause instanceof TapebellError ? cause : null;
    tell({
      t: "failed",
      code: known?.code ?? "worker_threw",
      message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
      hint: known?.hint ?? null,
    });
    process.exit(1);
  };
  process.on("unhandledRejection", fail);
  process.on("uncaughtException", fail);

  self.onmessage = (event: MessageEvent<ToThread>) => {
    const message = event.data;
    if (message.t === "stop") stop.abort();
    else if (message.t === "announced") announced.resolve(message.at_ms);
    else {
      const bus = connectBus(message.bus);
      main({
        settings: message.settings,
        origin: message.origin,
        dir: message.dir,
        started_ms: message.started_ms,
        bus,
        storeAddress: message.store,
        clock: systemClock,
        log: createLog(message.settings, role),
        signal: stop.signal,
        ready: () => tell({ t: "ready" }),
        announced: announced.promise,
      }).then(() => tell({ t: "stopped" }), fail);
    }
  };
}
