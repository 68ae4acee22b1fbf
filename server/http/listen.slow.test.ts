import { afterEach, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { bar, texts, until } from "../cache/test-support/world.ts";
import { type Listening, type ListenOptions, listen } from "./listen.ts";
import { SseReader, type World, type WorldOptions, world } from "./test-support/world.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(
  options: WorldOptions = {},
  how: Partial<ListenOptions> = {},
): Promise<World & { server: Listening }> {
  const at = await world(options);
  ends.push(() => at.close());
  const server = listen(at.app, { host: "127.0.0.1", port: 0, ...how });
  if (!server.ok) throw new Error(server.text);
  ends.push(() => server.stop(0));
  return { ...at, server };
}

/** A connection of our own, which reads only when told to. */
async function raw(
  server: Listening,
  text: string,
): Promise<{ socket: Socket; read(): Promise<string>; closed: Promise<void> }> {
  const socket = connect(server.port, "127.0.0.1");
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
  });
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  socket.pause();
  socket.write(text);
  ends.push(() => socket.destroy());
  return {
    socket,
    closed,
    read: async () => {
      let got = "";
      socket.on("data", (bytes) => {
        got += bytes.toString("latin1");
      });
      await closed;
      return got;
    },
  };
}
const ask = (path: string, headers = ""): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

describe("the real server", () => {
  test("one client that never reads: bounded, cut off, and no one else notices", async () => {
    const bytesMax = 256 * 1024;
    const at = await serve({ stream: { client: { bytesMax } } });
    const never = await raw(at.server, ask("/api/stream?topics=bars"));
    const others = await Promise.all(
      Array.from({ length: 3 }, async () => new SseReader(await fetch(`${at.server.url}/api/stream?topics=bars`))),
    );
    await until("four clients", () => at.app.hub.size === 4);
    const total = 30_000;
    const counted = others.map(async (reader) => {
      let next = 0;
      while (next < total) {
        const event = await reader.next();
        if (event?.event !== "bar") continue;
        expect((event.data as { start_ts_ms: number }).start_ts_ms).toBe(bar(next).start_ts_ms);
        next++;
      }
      return next;
    });
    let most = 0;
    for (let from = 0; from < total; from += 100) {
      await at.bus.publish("tape.bars", 0, texts(...Array.from({ length: 100 }, (_, n) => bar(from + n))));
      await until("the bars in the cache", () => at.cache.cursor().positions[0] === from + 100);
      most = Math.max(most, at.app.hub.waitingBytes);
    }
    expect(await Promise.all(counted)).toEqual([total, total, total]);
    expect(Object.fromEntries(at.app.hub.counts.ends)).toEqual({ slow: 1 });
    expect(most).toBeLessThanOrEqual(4 * bytesMax);
    expect(at.app.hub.size).toBe(3);
    never.socket.resume();
    await never.closed;
  }, 30_000);

  test("a stream that is quiet is not cut, any other quiet answer is", async () => {
    const quiet = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    const at = await serve({ bars: [bar(0)], page: quiet }, { idleSec: 1 });
    const stream = new SseReader(await fetch(`${at.server.url}/api/stream`));
    await stream.take(2);
    const other = await raw(at.server, ask("/"));
    other.socket.resume();
    await other.closed;
    await at.bus.publish("tape.bars", 0, texts(bar(1)));
    expect((await stream.take(1))[0]?.data).toEqual(bar(1));
  }, 30_000);

  test("a client that goes away is forgotten", async () => {
    const at = await serve();
    const stop = new AbortController();
    const stream = new SseReader(await fetch(`${at.server.url}/api/stream`, { signal: stop.signal }));
    await stream.take(1);
    const gone = await raw(at.server, ask("/api/stream"));
    await until("both", () => at.app.hub.size === 2);
    stop.abort();
    gone.socket.destroy();
    await until("none", () => at.app.hub.size === 0);
    expect(Object.fromEntries(at.app.hub.counts.ends)).toEqual({ left: 2 });
  });

  test("a busy port is a result with words, in this process and from another", async () => {
    const at = await serve();
    const busy = listen(at.app, { host: "127.0.0.1", port: at.server.port });
    expect(busy).toMatchObject({ ok: false, reason: "port_busy" });
    expect(busy.ok ? "" : busy.text).toContain(String(at.server.port));
    const child = Bun.spawn(
      [
        process.execPath,
        "-e",
        'import {createServer} from "node:net"; const s = createServer().listen(0, "127.0.0.1", () => console.log(s.address().port));',
      ],
      { stdout: "pipe" },
    );
    ends.push(() => child.kill());
    const { value } = await child.stdout.getReader().read();
    const taken = listen(at.app, { host: "127.0.0.1", port: Number(new TextDecoder().decode(value)) });
    if (taken.ok) await taken.stop(0);
    expect(taken).toMatchObject({ ok: false, reason: "port_busy" });
    expect(listen(at.app, { host: "203.0.113.7", port: 0 })).toMatchObject({ ok: false, reason: "address_unknown" });
  });

  test("stops in order: streams end cleanly, what is under way is answered, nothing new is taken", async () => {
    const slow = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    const page = () => {
      asked.resolve();
      return slow.promise;
    };
    const at = await serve({ page });
    const stream = await raw(at.server, ask("/api/stream", "Connection: close\r\n"));
    const text = stream.read();
    stream.socket.resume();
    const underWay = fetch(at.server.url);
    await until("the stream", () => at.app.hub.size === 1);
    await asked.promise;
    const stopped = at.server.stop(5_000);
    slow.resolve(new Response("done"));
    expect(await (await underWay).text()).toBe("done");
    await stopped;
    expect(await text).toEndWith("\r\n0\r\n\r\n");
    expect(fetch(at.server.url)).rejects.toThrow();
  });

  test("does not wait for ever for who does not read", async () => {
    const at = await serve({
      page: () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) })),
    });
    const never = await raw(at.server, ask("/"));
    await Bun.sleep(50);
    await at.server.stop(50);
    never.socket.resume();
    await never.closed;
  });

  test("requests that are hardly HTTP get an answer or a closed door, never a crash or an inside", async () => {
    const at = await serve();
    const odd = [
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: \r\n\r\n",
      "GET http://evil.org/api/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /api/status HTTP/1.1\r\nHost: evil.org\r\n\r\n",
      "GET //evil.org/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "BREW /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "\u0000\u0001\u0002\r\n\r\n",
      `GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      "POST /api/bars HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n",
    ];
    for (const text of odd) {
      const { read, socket } = await raw(at.server, text.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      const answer = read();
      socket.resume();
      const late = setTimeout(() => socket.destroy(), 2_000);
      const got = await answer;
      clearTimeout(late);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(got)?.[1];
      if (got !== "") expect(status).toMatch(/^[24]|^501/);
      expect(got).not.toMatch(/root:|\.ts:\d|node_modules/);
    }
    expect(at.bugs).toEqual([]);
    expect((await fetch(`${at.server.url}/health`)).status).toBe(200);
  }, 30_000);

  test("a connection that leaves HTTP passes the same guard", async () => {
    const asked: string[] = [];
    const at = await serve(
      {},
      {
        upgrade: (request, server) => {
          asked.push(new URL(request.url).pathname);
          return server.upgrade(request, { data: null });
        },
        websocket: { message: (socket, text) => void socket.send(text) },
      },
    );
    const socket = new WebSocket(`ws://127.0.0.1:${at.server.port}/hot`);
    const echoed = await new Promise((resolve) => {
      socket.onopen = () => socket.send("hello");
      socket.onmessage = ({ data }) => resolve(data);
    });
    expect(echoed).toBe("hello");
    socket.close();
    const foreign = await raw(
      at.server,
      ask(
        "/hot",
        "Origin: http://evil.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
      ),
    );
    const answer = new Promise<string>((resolve) => foreign.socket.once("data", (bytes) => resolve(bytes.toString())));
    foreign.socket.resume();
    expect(await answer).toStartWith("HTTP/1.1 403");
    expect(asked).toEqual(["/hot"]);
  });
});
