import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { deflateRawSync } from "node:zlib";
import { accept, frame, type Pace, type RawSocket } from "./web-socket.ts";

/** How a local venue misbehaves just now; a test changes it while the server runs. */
export interface Manners {
  /** Connected, answers pings, sends no data. What happens on the market meanwhile is remembered as the venue's past. */
  mute: boolean;
  /** Answered to a WebSocket handshake instead of a connection. */
  refuse: { readonly status: number; readonly retry_after_s?: number } | null;
  /** Answered to every REST call. */
  refuseRest: { readonly status: number; readonly retry_after_s?: number } | null;
  /** Our pings go unanswered too. */
  deaf: boolean;
  /** What is sent goes out a piece at a time, whatever frames it belongs to. */
  slow: Pace | null;
  /** Whoever asks for order books is cut off. */
  refuseBooks: boolean;
}

export interface RestReply {
  readonly status: number;
  readonly body: unknown;
}

/** What makes a server this venue and not another. */
export interface Dialect {
  text(socket: RawSocket, text: string): void;
  opened(socket: RawSocket): void;
  closed(socket: RawSocket): void;
  rest(url: URL, headers: Readonly<Record<string, unknown>>): RestReply;
}

export interface VenueServer {
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly manners: Manners;
  readonly sockets: ReadonlySet<RawSocket>;
  /** Handshakes asked for, refused ones included, and REST calls by path. */
  readonly dialled: readonly number[];
  readonly asked: readonly { readonly at_ms: number; readonly path: string; readonly url: string }[];
  sendAll(text: string): void;
  closeAll(code: number, reason?: string): void;
  breakAll(): void;
  /** Half of a frame, and never the rest. */
  half(text: string): void;
  /** A frame that unpacks to `bytes` of text; needs a client that offered compression. */
  bomb(bytes: number): void;
  writeAll(bytes: Uint8Array): void;
  stop(): Promise<void>;
}

export async function venueServer(dialect: Dialect, { deflate = false } = {}): Promise<VenueServer> {
  const manners: Manners = { mute: false, refuse: null, refuseRest: null, deaf: false, slow: null, refuseBooks: false };
  const sockets = new Set<RawSocket>();
  const streams = new Set<Duplex>();
  const dialled: number[] = [];
  const asked: { at_ms: number; path: string; url: string }[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://venue");
    asked.push({ at_ms: Date.now(), path: url.pathname, url: `${url.pathname}${url.search}` });
    const { refuseRest } = manners;
    const reply: RestReply =
      refuseRest === null
        ? dialect.rest(url, request.headers)
        : { status: refuseRest.status, body: { msg: "not now" } };
    if (refuseRest?.retry_after_s !== undefined) response.setHeader("Retry-After", String(refuseRest.retry_after_s));
    response.statusCode = reply.status;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(reply.body));
  });
  server.on("upgrade", (request: IncomingMessage, stream: Duplex) => {
    dialled.push(Date.now());
    const { refuse } = manners;
    if (refuse !== null) {
      const after = refuse.retry_after_s === undefined ? "" : `Retry-After: ${refuse.retry_after_s}\r\n`;
      stream.end(`HTTP/1.1 ${refuse.status} No\r\n${after}Content-Length: 2\r\nConnection: close\r\n\r\nno`);
      return;
    }
    streams.add(stream);
    const socket = accept(
      request,
      stream,
      {
        text: (from, text) => dialect.text(from, text),
        closed: (from) => {
          sockets.delete(from);
          streams.delete(stream);
          dialect.closed(from);
        },
      },
      { deflate, pongs: () => !manners.deaf, pace: () => manners.slow },
    );
    sockets.add(socket);
    dialect.opened(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const each = (act: (socket: RawSocket) => void): void => {
    for (const socket of [...sockets]) act(socket);
  };
  const writeAll = (bytes: Uint8Array): void => each((socket) => socket.write(bytes));
  return {
    wsUrl: `ws://127.0.0.1:${port}`,
    restUrl: `http://127.0.0.1:${port}`,
    manners,
    sockets,
    dialled,
    asked,
    sendAll: (text) => each((socket) => socket.send(text)),
    closeAll: (code, reason) => each((socket) => socket.close(code, reason)),
    breakAll: () => each((socket) => socket.destroy()),
    half(text) {
      const whole = frame(1, Buffer.from(text));
      writeAll(whole.subarray(0, Math.floor(whole.length / 2)));
    },
    bomb: (bytes) => writeAll(frame(1, deflateRawSync(Buffer.alloc(bytes, 0x20)), { compressed: true })),
    writeAll,
    async stop() {
      each((socket) => socket.destroy());
      for (const stream of streams) stream.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
