import type { Bus } from "../../../core/ports/bus.ts";
import { type Cache, type CacheOptions, createCache } from "../../cache/cache.ts";
import { foldStatus } from "../../cache/status.ts";
import { feed, memoryBus, T0, TestClock, texts } from "../../cache/test-support/world.ts";
import { createMetrics } from "../../metrics/metrics.ts";
import { type AppDeps, createApp, type HttpApp } from "../app.ts";

export const ORIGIN = "http://127.0.0.1:8787";

export interface World {
  readonly clock: TestClock;
  readonly bus: Bus;
  readonly cache: Cache;
  readonly app: HttpApp;
  /** Answers 500 that came up; a test that expects none looks here. */
  readonly bugs: unknown[];
  /** Connections the app cut. */
  readonly cuts: { count: number };
  get(path: string, init?: RequestInit & { ip?: string }): Promise<Response>;
  close(): Promise<void>;
}

export interface WorldOptions extends Partial<Omit<AppDeps, "cache" | "clock">> {
  readonly bars?: readonly unknown[];
  readonly cacheOptions?: Partial<CacheOptions>;
  readonly bus?: Bus;
  readonly clock?: TestClock;
}

/** The HTTP app over a cache over a bus in memory, without a port. */
export async function world(options: WorldOptions = {}): Promise<World> {
  const { bars = [], cacheOptions, bus: given, clock = new TestClock(T0 + 3_600_000), ...deps } = options;
  const bus = given ?? (await memoryBus(clock));
  await bus.publish("tape.status", 0, texts(feed()));
  if (bars.length > 0) await bus.publish("tape.bars", 0, texts(...bars));
  const cache = createCache(bus, { clock, ...cacheOptions });
  await cache.seeded;
  const status = () =>
    foldStatus({
      now_ms: clock.now(),
      origin: "synthetic",
      version: "1.2.3",
      started_ms: T0,
      workers: [],
      parts: cache.state.parts,
      isSeeded: cache.isSeeded,
      troubles: cache.troubles(),
      newest_ts_ms: cache.state.newest_ts_ms,
      nearest: cache.state.nearest.values(),
      gaps: cache.state.gapCounts,
      deadLetters: cache.state.deadLetters,
    });
  const bugs: unknown[] = [];
  const cuts = { count: 0 };
  const metrics = createMetrics("1.2.3");
  const app = createApp({
    cache,
    clock,
    status,
    version: "1.2.3",
    settings: { HOST: "127.0.0.1", API_KEYS: [] },
    page: null,
    metrics,
    onBug: (cause) => bugs.push(cause),
    ...deps,
  });
  return {
    clock,
    bus,
    cache,
    app,
    bugs,
    cuts,
    get: (path, init = {}) => {
      const { ip = "127.0.0.1", ...rest } = init;
      const headers = new Headers(rest.headers);
      if (!headers.has("host")) headers.set("host", "127.0.0.1:8787");
      const request = new Request(ORIGIN + path, { ...rest, headers });
      const peer = { ip, keepOpen: () => {}, cut: () => void cuts.count++ };
      return app.fetch(request, peer);
    },
    async close() {
      app.close();
      metrics.close();
      await cache.close();
      if (given === undefined) await bus.close();
    },
  };
}

export interface Sse {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Reads events off a stream, one at a time. */
export class SseReader {
  private readonly reader: { read(): Promise<{ value?: Uint8Array; done: boolean }>; cancel(): Promise<void> };
  private readonly decoder = new TextDecoder();
  private buffer = "";
  bytes = 0;

  constructor(response: Response) {
    if (response.body === null) throw new Error(`no body, status ${response.status}`);
    this.reader = response.body.getReader();
  }

  /** The next event; null at the end of the stream. */
  async next(): Promise<Sse | null> {
    for (;;) {
      const end = this.buffer.indexOf("\n\n");
      if (end >= 0) {
        const block = this.buffer.slice(0, end);
        this.buffer = this.buffer.slice(end + 2);
        return parse(block);
      }
      const { value, done } = await this.reader.read();
      if (done || value === undefined) return null;
      this.bytes += value.byteLength;
      this.buffer += this.decoder.decode(value, { stream: true });
    }
  }

  async take(count: number): Promise<Sse[]> {
    const events: Sse[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === null) throw new Error(`the stream ended after ${events.length} of ${count} events`);
      events.push(event);
    }
    return events;
  }

  /** Events up to the one that fits, with it. */
  async through(fits: (event: Sse) => boolean): Promise<Sse[]> {
    const events: Sse[] = [];
    for (;;) {
      const [event] = await this.take(1);
      events.push(event!);
      if (fits(event!)) return events;
    }
  }

  cancel(): Promise<void> {
    return this.reader.cancel();
  }
}

function parse(block: string): Sse {
  const fields = new Map(
    block.split("\n").map((line) => {
      const at = line.indexOf(": ");
      return [line.slice(0, at), line.slice(at + 2)] as const;
    }),
  );
  return {
    id: fields.get("id") ?? "",
    event: fields.get("event") ?? "",
    data: JSON.parse(fields.get("data") ?? "null"),
  };
}
