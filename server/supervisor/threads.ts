import type { FromThread, ThreadRole, ToThread } from "../threads/protocol.ts";
import type { ThreadHandle } from "./supervisor.ts";

/** Roles live in the workers room; they are started by URL and never imported from here. */
const WORKERS_DIR = new URL("../../workers/", import.meta.url);

/** Starts the role's file as a worker thread and hands it what it needs to begin. */
export function spawnThread(
  role: ThreadRole,
  init: Extract<ToThread, { t: "init" }>,
  heard: (message: FromThread) => void,
  ended: (why: string) => void,
): ThreadHandle {
  const worker = new Worker(new URL(`${role}.ts`, WORKERS_DIR).href, { name: role, smol: false });
  worker.onmessage = (event: MessageEvent<FromThread>) => heard(event.data);
  worker.onerror = (event) => heard({ t: "failed", code: "worker_error", message: event.message, hint: null });
  worker.addEventListener("close", () => ended(`its thread ended`));
  const ports = init.store?.kind === "embedded" ? [init.bus, init.store.port] : [init.bus];
  worker.postMessage(init, ports);
  return {
    tell: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
  };
}
