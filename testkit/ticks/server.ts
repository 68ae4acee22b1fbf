import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a server of ticks does with a request, step by step; after the last step the answer ends as it should. */
export type Step =
  | { readonly send: string | Uint8Array }
  /** Nothing more comes, and the connection stays. */
  | { readonly stall: true }
  /** The connection breaks. */
  | { readonly cut: true }
  /** So many bytes without the end of a line. */
  | { readonly longLine: number }
  /** Goes on when this resolves. */
  | { readonly until: Promise<unknown> };

export interface TickServer {
  readonly url: string;
  /** How often it was asked. */
  readonly asked: readonly string[];
  /** Bytes handed to the network so far: what a reader that holds back keeps from growing. */
  readonly sent: number;
  /** Resolves when a client has gone before the answer ended. */
  readonly left: Promise<void>;
  stop(): Promise<void>;
}

export interface TickServerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const PIECE = 64 * 1024;

/** A server behind MOCK_API_URL that serves ticks well or misbehaves on demand. Every request is answered alike. */
export async function tickServer(
  steps: Iterable<Step> | (() => Iterable<Step>),
  options: TickServerOptions = {},
): Promise<TickServer> {
  const asked: string[] = [];
  const left = Promise.withResolvers<void>();
  let sent = 0;
  const write = async (response: ServerResponse, bytes: string | Uint8Array): Promise<void> => {
    const more = response.write(bytes);
    sent += typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length;
    if (more || response.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off("drain", done);
        response.off("close", done);
        resolve();
      };
      response.once("drain", done);
      response.once("close", done);
    });
  };
  const play = async (response: ServerResponse): Promise<void> => {
    for (const step of typeof steps === "function" ? steps() : steps) {
      if (response.destroyed) return;
      if ("send" in step) await write(response, step.send);
      else if ("until" in step) await step.until;
      else if ("longLine" in step) {
        for (let n = step.longLine; n > 0 && !response.destroyed; n -= PIECE) {
          await write(response, "x".repeat(Math.min(n, PIECE)));
        }
      } else {
        if ("cut" in step) response.destroy();
        return;
      }
    }
    response.end();
  };
  const server = createServer((request, response) => {
    asked.push(request.url ?? "/");
    response.once("close", () => {
      if (!response.writableEnded) left.resolve();
    });
    response.writeHead(options.status ?? 200, { "Content-Type": "application/x-ndjson", ...options.headers });
    response.flushHeaders();
    void play(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/ticks`,
    asked,
    get sent() {
      return sent;
    },
    left: left.promise,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A text or its bytes in pieces of these lengths, over and over. */
export function* inPieces(text: string | Uint8Array, lengths: readonly number[]): Generator<Step> {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length] ?? 1);
    yield { send: bytes.subarray(at, at + length) };
    at += length;
  }
}
