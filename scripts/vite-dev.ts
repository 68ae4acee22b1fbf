import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { invariant } from "../core/errors.ts";
import type { DevPage } from "../server/main.ts";

const WEB = fileURLToPath(new URL("../web", import.meta.url));
const HMR_PROTOCOLS = ["vite-hmr", "vite-ping"];
/** Messages kept while the inner socket opens; a page that sends more than this is not Vite's. */
const QUEUE_MAX = 64;

/**
 * As strict as the built page's policy but for two things Vite's client needs: styles it puts into the page, and its own
 * socket.
 */
const DEV_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers of one hop: they describe Vite's connection to us, not ours to the page. */
const HOP_HEADERS = ["connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length"];

interface Link {
  readonly target: string;
  readonly protocol: string;
  inner: WebSocket | null;
  queue: (string | Uint8Array<ArrayBuffer>)[];
}

/**
 * The page with hot reload: Vite listens on a loopback port of its own, and the product's server passes on to it what is
 * not the API, the hot-reload socket included. So there is one address, and the page's requests stay of one origin.
 */
export async function startViteDev(): Promise<DevPage> {
  const before = process.listeners("SIGTERM");
  const vite = await createServer({
    root: WEB,
    configFile: fileURLToPath(new URL("../web/vite.config.ts", import.meta.url)),
    // Unknown paths are 404, so that the product can answer them in its own way.
    appType: "mpa",
    clearScreen: false,
    logLevel: "warn",
    server: { host: "127.0.0.1", port: 0, strictPort: true },
  });
  await vite.listen();
  // Vite ends the process at SIGTERM by itself, before the product has put its state away.
  for (const added of process.listeners("SIGTERM")) if (!before.includes(added)) process.off("SIGTERM", added);
  const address = vite.httpServer?.address() as AddressInfo | string | null | undefined;
  invariant(typeof address === "object" && address !== null, "Vite listens on a port");
  const inner = `127.0.0.1:${address.port}`;

  return {
    async handle(request) {
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      for (const name of ["host", "accept-encoding", ...HOP_HEADERS]) headers.delete(name);
      const path = pathname === "/" ? "/index.html" : pathname;
      const answer = await fetch(`http://${inner}${path}${search}`, {
        method: request.method,
        headers,
        redirect: "manual",
        signal: request.signal,
      });
      if (answer.status === 404) return null;
      const own = new Headers(answer.headers);
      for (const name of HOP_HEADERS) own.delete(name);
      own.set("content-security-policy", DEV_CSP);
      return new Response(answer.body, { status: answer.status, headers: own });
    },
    listen: {
      upgrade(request, server) {
        const protocol = request.headers.get("sec-websocket-protocol") ?? "";
        if (!HMR_PROTOCOLS.includes(protocol)) return false;
        const { pathname, search } = new URL(request.url);
        const data: Link = { target: `ws://${inner}${pathname}${search}`, protocol, inner: null, queue: [] };
        return server.upgrade(request, { data, headers: { "sec-websocket-protocol": protocol } });
      },
      websocket: {
        open(outer) {
          const link = outer.data as Link;
          const socket = new WebSocket(link.target, link.protocol);
          link.inner = socket;
          socket.onopen = () => {
            for (const message of link.queue) socket.send(message);
            link.queue = [];
          };
          socket.onmessage = (event) => outer.send(event.data as string);
          socket.onclose = () => outer.close();
          socket.onerror = () => outer.close();
        },
        message(outer, message) {
          const link = outer.data as Link;
          const copy = typeof message === "string" ? message : new Uint8Array(message);
          if (link.inner?.readyState === WebSocket.OPEN) link.inner.send(copy);
          else if (link.queue.length < QUEUE_MAX) link.queue.push(copy);
          else outer.close();
        },
        close(outer) {
          (outer.data as Link).inner?.close();
        },
      },
    },
    close: () => vite.close(),
  };
}
