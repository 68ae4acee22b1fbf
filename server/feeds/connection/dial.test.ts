import { afterEach, expect, test } from "bun:test";
import { fakeBinance } from "../../../testkit/venues/binance.ts";
import type { FakeVenue } from "../../../testkit/venues/venue.ts";
import { frame } from "../../../testkit/venues/web-socket.ts";
import { dial, type Wire } from "./dial.ts";
import { type Failure, inWords } from "./failure.ts";

const FRAME_MAX = 1_000_000;
const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

async function venue(options: { deflate?: boolean } = {}): Promise<FakeVenue> {
  const server = await fakeBinance(["BTCUSDT"], options);
  open.push(server);
  return server;
}

interface Heard {
  readonly wire: Wire;
  readonly frames: string[];
  readonly opened: Promise<void>;
  readonly ended: Promise<Failure>;
  frame(count: number): Promise<void>;
}

function hear(url: string): Heard {
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<Failure>();
  const frames: string[] = [];
  const wire = dial(url, FRAME_MAX, {
    opened: opened.resolve,
    frame: (data) => void frames.push(typeof data === "string" ? data : new TextDecoder().decode(data)),
    alive: () => undefined,
    ended: ended.resolve,
  });
  open.push({ stop: async () => wire.end() });
  return {
    wire,
    frames,
    opened: opened.promise,
    ended: ended.promise,
    async frame(count) {
      while (frames.length < count) await Bun.sleep(2);
    },
  };
}

const words = async (heard: Heard): Promise<string> => inWords("Binance", await heard.ended);

test("frames come in, messages go out, both ends stay up", async () => {
  const server = await venue();
  const line = hear(`${server.wsUrl}/stream`);
  await line.opened;
  line.wire.send(JSON.stringify({ method: "SUBSCRIBE", params: ["btcusdt@trade"], id: 1 }));
  await line.frame(1);
  server.trade("BTCUSDT", "100.5");
  await line.frame(2);
  expect(JSON.parse(line.frames[1]!)).toMatchObject({ stream: "btcusdt@trade", data: { t: 1_000, p: "100.5" } });
});

test.each([
  [451, "Binance refuses this country (451)"],
  [403, "Binance refuses access from here (403)"],
  [429, "Binance wants fewer connections (429)"],
])("a handshake answered with %i", async (status, text) => {
  const server = await venue();
  server.manners.refuse = { status, retry_after_s: 9 };
  const line = hear(server.wsUrl);
  expect(await words(line)).toBe(text);
  expect(await line.ended).toMatchObject({ retry_after_ms: 9_000 });
});

test("nobody there, no such name, no TLS", async () => {
  const server = await venue();
  expect(await words(hear("ws://127.0.0.1:1/"))).toBe("Binance refuses the connection");
  expect(await words(hear("ws://nobody.invalid/"))).toContain("Binance is not found");
  expect(await words(hear(server.wsUrl.replace("ws:", "wss:")))).toContain("no secure connection");
});

test("closed with 1000, and gone without a word amid a burst: all that came before is there", async () => {
  const server = await venue();
  for (const [end, text] of [
    [() => server.closeAll(1000, "done"), "Binance ended the connection (1000): done"],
    [() => server.breakAll(), "Binance broke off without a word"],
  ] as const) {
    const line = hear(`${server.wsUrl}/stream?streams=btcusdt@trade`);
    await line.opened;
    for (let i = 0; i < 50; i++) server.trade("BTCUSDT", "1");
    await line.frame(50);
    end();
    expect(await words(line)).toStartWith(text);
    expect(line.frames.length).toBe(50);
  }
});

test("a frame of 10 MB, a compressed bomb and garbage end the line; nothing of them is handed on", async () => {
  const plain = await venue();
  const packed = await venue({ deflate: true });
  for (const [server, send] of [
    [plain, () => plain.sendAll("x".repeat(10_000_000))],
    [packed, () => packed.bomb(50_000_000)],
    [plain, () => plain.writeAll(Buffer.from([0xff, 0xff, 0x00, 0x13, 0x37]))],
  ] as const) {
    const line = hear(server.wsUrl);
    await line.opened;
    send();
    await line.ended;
    expect(line.frames).toEqual([]);
  }
});

test("half a frame is no frame; one that comes byte by byte is", async () => {
  const server = await venue();
  const half = hear(server.wsUrl);
  await half.opened;
  server.half('{"half":true}');
  await Bun.sleep(20);
  expect(half.frames).toEqual([]);
  half.wire.end();
  while (server.sockets.size > 0) await Bun.sleep(2);
  const slow = hear(server.wsUrl);
  await slow.opened;
  for (const byte of frame(1, Buffer.from("slow"))) {
    server.writeAll(Uint8Array.of(byte));
    await Bun.sleep(1);
  }
  await slow.frame(1);
  expect(slow.frames).toEqual(["slow"]);
});

test("paused, nothing is read; resumed, everything is there in order", async () => {
  const server = await venue();
  const line = hear(`${server.wsUrl}/stream?streams=btcusdt@trade`);
  await line.opened;
  line.wire.pause();
  for (let i = 0; i < 5_000; i++) server.trade("BTCUSDT", "1");
  await Bun.sleep(50);
  const before = line.frames.length;
  expect(before).toBeLessThan(5_000);
  line.wire.resume();
  await line.frame(5_000);
  const ids = line.frames.map((text) => (JSON.parse(text) as { data: { t: number } }).data.t);
  expect(ids).toEqual(Array.from({ length: 5_000 }, (_, i) => 1_000 + i));
});
