import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A server's end of a WebSocket that can also do what no well-behaved one does. */
export interface RawSocket {
  readonly url: string;
  isOpen(): boolean;
  send(text: string): void;
  /** Bytes as they are: half frames, wrong lengths, garbage. */
  write(bytes: Uint8Array): void;
  close(code: number, reason?: string): void;
  /** Gone without a word. */
  destroy(): void;
}

/** So many bytes every so often. */
export interface Pace {
  readonly bytes: number;
  readonly every_ms: number;
}

export interface RawSocketEvents {
  text(socket: RawSocket, text: string): void;
  closed(socket: RawSocket): void;
}

export function frame(opcode: number, payload: Uint8Array, { compressed = false } = {}): Buffer {
  const { length } = payload;
  const head = length < 126 ? Buffer.alloc(2) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
  head[0] = 0x80 | (compressed ? 0x40 : 0) | opcode;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** Answers the handshake and reads what the client says; compression is agreed on when the client offers it. */
export function accept(
  request: IncomingMessage,
  stream: Duplex,
  events: RawSocketEvents,
  options: { deflate?: boolean; pongs?: () => boolean; pace?: () => Pace | null } = {},
): RawSocket {
  const { deflate = false, pongs = () => true, pace = () => null } = options;
  const key = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
  const extension = deflate ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n" : "";
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n${extension}\r\n`,
  );
  let isOpen = true;
  const out = paced(stream, pace);
  const socket: RawSocket = {
    url: request.url ?? "/",
    isOpen: () => isOpen,
    send: (text) => void (isOpen && out(frame(1, Buffer.from(text)))),
    write: (bytes) => void (isOpen && out(bytes)),
    close(code, reason = "") {
      if (!isOpen) return;
      const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
      stream.end(frame(8, payload));
      over();
    },
    destroy() {
      stream.destroy();
      over();
    },
  };
  const over = (): void => {
    if (!isOpen) return;
    isOpen = false;
    events.closed(socket);
  };
  stream.on("end", () => {
    stream.end();
    over();
  });
  stream.on("close", over);
  stream.on("error", over);
  let pending = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const read = clientFrame(pending);
      if (read === null) return;
      pending = pending.subarray(read.bytes);
      if (read.opcode === 1) events.text(socket, read.payload.toString());
      else if (read.opcode === 9 && pongs() && isOpen) out(frame(10, read.payload));
      else if (read.opcode === 8) stream.end();
    }
  });
  return socket;
}

/** Writes at once, or piece by piece while the pace says so; the order holds. */
function paced(stream: Duplex, pace: () => Pace | null): (bytes: Uint8Array) => void {
  let waiting: Uint8Array[] = [];
  const go = (): void => {
    const all = Buffer.concat(waiting);
    const slow = pace();
    const piece = slow === null ? all : all.subarray(0, slow.bytes);
    waiting = piece.length < all.length ? [all.subarray(piece.length)] : [];
    if (!stream.writableEnded) stream.write(piece);
    if (waiting.length > 0 && !stream.destroyed) setTimeout(go, slow?.every_ms ?? 0);
  };
  return (bytes) => {
    waiting.push(bytes);
    if (waiting.length === 1) go();
  };
}

/** Clients mask what they send, and ours never splits a message. */
function clientFrame(data: Buffer): { opcode: number; payload: Buffer; bytes: number } | null {
  if (data.length < 6) return null;
  const short = (data[1] ?? 0) & 127;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < at + 4) return null;
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  const end = at + 4 + length;
  if (data.length < end) return null;
  const mask = data.subarray(at, at + 4);
  const payload = Buffer.from(data.subarray(at + 4, end));
  for (let i = 0; i < payload.length; i++) payload[i] = payload[i]! ^ mask[i & 3]!;
  return { opcode: (data[0] ?? 0) & 15, payload, bytes: end };
}
