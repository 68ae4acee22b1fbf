import type { Status } from "../../../core/messages/index.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Cache } from "../../cache/cache.ts";
import type { CacheEvent, CacheListener, KeptTopic } from "../../cache/events.ts";
import { unavailable } from "../problem.ts";
import { CLIENT_BOUNDS, type ClientBounds, ClientQueue } from "./client.ts";
import type { Filter } from "./filter.ts";
import { type Frame, frameBytes, frameOf, statusFrame } from "./frame.ts";
import { decodeId, encodeId, streamId } from "./id.ts";
import { checkId, opening, readMissed } from "./resume.ts";

/** Why a client's stream ended. */
export type EndReason = "left" | "slow" | "stalled" | "shutdown";

export interface HubOptions {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly status: () => Status;
  readonly clientsMax?: number;
  readonly client?: Partial<ClientBounds>;
  /** A client that takes nothing for this long is let go. */
  readonly stallMs?: number;
}

export interface StreamClient {
  readonly body: ReadableStream<Uint8Array>;
  end(reason: EndReason): void;
}

interface Connected extends StreamClient {
  readonly queue: ClientQueue;
  wake(): void;
  /** Since when the socket has not asked for more; null while it waits for us. */
  busySince_ms: number | null;
}

const STATUS_MS = 1_000;
const STALL_MS = 30_000;
const CLIENTS_MAX = 512;

/** Sends what the cache hears to everyone who asked: each event is encoded once, each client is bounded. */
export class StreamHub implements CacheListener {
  readonly counts = {
    events: new Map<string, number>(),
    ends: new Map<EndReason, number>(),
    resets: new Map<string, number>(),
    coalesced: 0,
    refused: 0,
  };
  private readonly cache: Cache;
  private readonly clock: Clock;
  private readonly status: () => Status;
  private readonly clientsMax: number;
  private readonly bounds: ClientBounds;
  private readonly stallMs: number;
  private readonly clients = new Set<Connected>();
  private opening = 0;
  private readonly stop = new AbortController();
  private readonly unsubscribe: () => void;
  private id = { version: -1, text: "" };

  constructor(options: HubOptions) {
    this.cache = options.cache;
    this.clock = options.clock;
    this.status = options.status;
    this.clientsMax = options.clientsMax ?? CLIENTS_MAX;
    this.bounds = { ...CLIENT_BOUNDS, ...options.client };
    this.stallMs = options.stallMs ?? STALL_MS;
    this.unsubscribe = this.cache.subscribe(this);
    void this.beat();
  }

  get size(): number {
    return this.clients.size;
  }

  /** Bytes that wait for clients to read. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const { queue } of this.clients) bytes += queue.waitingBytes;
    return bytes;
  }

  /** `cut` closes a connection that no longer takes what it is sent. */
  async open(filter: Filter, lastEventId: string | null, cut: () => void): Promise<StreamClient> {
    if (this.stop.signal.aborted) throw unavailable("stopping", "The server is stopping", 1);
    if (this.clients.size + this.opening >= this.clientsMax) {
      this.counts.refused++;
      throw unavailable("too_many_streams", `${this.clientsMax} streams are open, which is as many as may be`, 5);
    }
    this.opening++;
    try {
      const came = lastEventId === null ? null : await this.comesBack(filter, lastEventId);
      const { bytes, reset } = opening(this.cache, filter, JSON.stringify(this.status()), came);
      if (reset !== null) count(this.counts.resets, reset);
      return this.connect(new ClientQueue(filter, bytes, this.bounds), cut);
    } finally {
      this.opening--;
    }
  }

  event(event: CacheEvent): void {
    let frame: Frame | null = null;
    for (const client of this.clients) {
      if (!client.queue.wants(event)) continue;
      frame ??= frameOf(event, this.currentId());
      this.send(client, frame, event.event);
    }
  }

  broken(topic: KeptTopic, why: string): void {
    const bytes = frameBytes(this.currentId(), "reset", JSON.stringify({ reason: why }));
    for (const client of this.clients) {
      if (!client.queue.follows(topic)) continue;
      count(this.counts.resets, why);
      this.send(client, { bytes, latestKey: null, start_ts_ms: 0, overtakes: null }, "reset");
    }
  }

  /** The status, which is also the sign of life; and a look at who has stopped reading. */
  tick(): void {
    if (this.clients.size === 0) return;
    const frame = statusFrame(this.currentId(), JSON.stringify(this.status()));
    const now_ms = this.clock.now();
    for (const client of this.clients) {
      if (client.busySince_ms !== null && now_ms - client.busySince_ms > this.stallMs) client.end("stalled");
      else this.send(client, frame, "status");
    }
  }

  /** Every stream ends cleanly: clients come back with their last id. */
  close(): void {
    this.stop.abort();
    this.unsubscribe();
    for (const client of this.clients) client.end("shutdown");
  }

  private async comesBack(filter: Filter, lastEventId: string) {
    const id = decodeId(lastEventId);
    const reason = await checkId(this.cache, this.clock, id);
    if (reason !== null || id === null) return reason ?? "unreadable_id";
    const missed = await readMissed(this.cache, filter, id);
    return missed === null ? "too_far_back" : { id, missed };
  }

  private connect(queue: ClientQueue, cut: () => void): StreamClient {
    let wake: (() => void) | null = null;
    let isOver = false;
    let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
    const client: Connected = {
      queue,
      busySince_ms: this.clock.now(),
      wake: () => {
        wake?.();
        wake = null;
      },
      end: (reason) => {
        if (isOver) return;
        isOver = true;
        this.clients.delete(client);
        count(this.counts.ends, reason);
        queue.clear();
        if (reason !== "left") controller?.close();
        client.wake();
        if (reason === "slow" || reason === "stalled") cut();
      },
      body: new ReadableStream<Uint8Array>(
        {
          start: (given) => {
            controller = given;
          },
          // Called when the socket has room again: what a slow client leaves unread stays in its bounded queue.
          pull: async (given) => {
            client.busySince_ms = null;
            let bytes = queue.take();
            while (bytes === null && !isOver) {
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
              bytes = queue.take();
            }
            if (bytes === null || isOver) return;
            client.busySince_ms = this.clock.now();
            given.enqueue(bytes);
          },
          cancel: () => client.end("left"),
        },
        { highWaterMark: 0 },
      ),
    };
    this.clients.add(client);
    return client;
  }

  private send(client: Connected, frame: Frame, event: string): void {
    const offer = client.queue.offer(frame);
    if (offer === "overflow") client.end("slow");
    else if (offer === "coalesced") this.counts.coalesced++;
    else count(this.counts.events, event);
    client.wake();
  }

  private currentId(): string {
    const version = this.cache.cursorVersion;
    if (this.id.version !== version) this.id = { version, text: encodeId(streamId(this.cache.cursor())) };
    return this.id.text;
  }

  private async beat(): Promise<void> {
    while (!this.stop.signal.aborted) {
      await this.clock.sleep(STATUS_MS, this.stop.signal);
      if (!this.stop.signal.aborted) this.tick();
    }
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
