import WebSocket from "ws";
import type { Failure } from "./failure.ts";

/** A socket's side that speaks. */
export interface Wire {
  send(text: string): void;
  ping(): void;
  pause(): void;
  resume(): void;
  /** At once: nobody waits for the other side's goodbye. */
  end(): void;
}

/** A socket's side that tells. After `ended` it says nothing more, and `ended` comes once. */
export interface WireEvents {
  opened(): void;
  frame(data: Uint8Array | string): void;
  /** A ping or pong of the protocol itself. */
  alive(): void;
  ended(failure: Failure): void;
}

export type Dial = (url: string, frame_max_bytes: number, events: WireEvents) => Wire;

export const dial: Dial = (url, frame_max_bytes, events) => {
  const socket = new WebSocket(url, { maxPayload: frame_max_bytes, perMessageDeflate: true, followRedirects: false });
  let isOver = false;
  const over = (why: Failure): void => {
    if (isOver) return;
    isOver = true;
    socket.terminate();
    events.ended(why);
  };
  socket.on("open", () => !isOver && events.opened());
  socket.on("message", (data: Buffer | ArrayBuffer | Buffer[]) => {
    if (isOver) return;
    events.frame(Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data);
  });
  socket.on("ping", () => !isOver && events.alive());
  socket.on("pong", () => !isOver && events.alive());
  socket.on("unexpected-response", (request, response) => {
    const seconds = Number(response.headers["retry-after"]);
    const retry_after_ms = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
    response.resume();
    request.destroy();
    over({ kind: "status", status: response.statusCode ?? 0, retry_after_ms });
  });
  // What went wrong comes before the close that follows from it, and says more.
  socket.on("error", (cause: Error & { code?: string }) => {
    over({ kind: "error", code: cause.code ?? "", text: cause.message });
  });
  socket.on("close", (code, reason) => over({ kind: "closed", code, text: String(reason) }));
  const whenOpen = (act: () => void): void => {
    if (!isOver && socket.readyState === WebSocket.OPEN) act();
  };
  return {
    send: (text) => whenOpen(() => socket.send(text)),
    ping: () => whenOpen(() => socket.ping()),
    pause: () => whenOpen(() => socket.pause()),
    resume: () => whenOpen(() => socket.resume()),
    end() {
      isOver = true;
      socket.terminate();
    },
  };
};
