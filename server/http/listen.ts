import type { HttpApp } from "./app.ts";
import { BODY_MAX } from "./guards/guard.ts";
import type { Peer } from "./routes/route.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** A quiet connection that is no stream is closed after this (default 30). */
  readonly idleSec?: number;
  /** Takes connections over that leave HTTP; false leaves the request to the app. */
  readonly upgrade?: (request: Request, server: Bun.Server<unknown>) => boolean;
  readonly websocket?: Bun.WebSocketHandler<unknown>;
}

export interface Listening {
  readonly ok: true;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Takes no more connections, ends streams cleanly, waits for what is under way, then cuts. */
  stop(waitMs?: number): Promise<void>;
}

export interface NotListening {
  readonly ok: false;
  readonly reason: "port_busy" | "port_denied" | "address_unknown" | "failed";
  /** One sentence with what to do. */
  readonly text: string;
}

const IDLE_SEC = 30;
const STOP_WAIT_MS = 2_000;
/** Bun's smallest: what a cut connection still gets. */
const CUT_SEC = 1;

/** What a port needs of an app. */
export type Served = Pick<HttpApp, "fetch" | "refuses" | "close">;

export function listen(app: Served, options: ListenOptions): Listening | NotListening {
  const { host, upgrade } = options;
  try {
    const server = Bun.serve({
      hostname: host,
      port: options.port,
      idleTimeout: options.idleSec ?? IDLE_SEC,
      maxRequestBodySize: BODY_MAX,
      development: false,
      // Without development mode Bun shares a busy port between processes unless told not to.
      reusePort: false,
      websocket: options.websocket ?? { message: () => {} },
      async fetch(request, server) {
        const ip = server.requestIP(request)?.address ?? "";
        if (upgrade !== undefined && request.headers.get("upgrade") !== null) {
          const refusal = app.refuses(request, ip);
          if (refusal !== null) return refusal;
          if (upgrade(request, server)) return undefined;
        }
        const peer: Peer = {
          ip,
          keepOpen: () => server.timeout(request, 0),
          cut: () => server.timeout(request, CUT_SEC),
        };
        return app.fetch(request, peer);
      },
    });
    const port = server.port ?? options.port;
    const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
    return { ok: true, host, port, url: `http://${shown}:${port}`, stop: (waitMs) => stop(app, server, waitMs) };
  } catch (cause) {
    return refused(cause, options);
  }
}

async function stop(app: Served, server: Bun.Server<unknown>, waitMs = STOP_WAIT_MS): Promise<void> {
  const quiet = server.stop();
  app.close();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs);
  });
  await Promise.race([quiet, late]);
  clearTimeout(timer);
  await server.stop(true);
}

function refused(cause: unknown, { host, port }: ListenOptions): NotListening {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const where = `${host}:${port}`;
  if (code === "EADDRINUSE")
    return { ok: false, reason: "port_busy", text: `Port ${port} is in use; set PORT to another, or 0 for any` };
  if (code === "EACCES")
    return { ok: false, reason: "port_denied", text: `Not allowed to listen on ${where}; set PORT above 1023` };
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return {
      ok: false,
      reason: "address_unknown",
      text: `This machine has no address ${host}; set HOST to one it has`,
    };
  const why = cause instanceof Error ? cause.message : String(cause);
  return { ok: false, reason: "failed", text: `Cannot listen on ${where}: ${why}; set HOST or PORT` };
}
