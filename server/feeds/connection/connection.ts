import type { Clock } from "../../../core/ports/clock.ts";
import type { Limiter } from "../limiter.ts";
import { createLimiter } from "../limiter.ts";
import type { Item, ParseContext, SocketPlan, Venue } from "../venue.ts";
import { type BackoffSettings, backoffMs } from "./backoff.ts";
import type { Dial, Wire } from "./dial.ts";
import { type Failure, inWords } from "./failure.ts";
import { type Happening, type Link, NEXT } from "./table.ts";

export interface ConnectionOptions {
  readonly venue: Venue;
  readonly plan: SocketPlan;
  readonly symbolOf: (venueSymbol: string) => string;
  readonly clock: Clock;
  readonly dial: Dial;
  readonly random: () => number;
  readonly settings: BackoffSettings;
  /** New connections, counted over all sockets of the venue. */
  readonly connects: Limiter;
  readonly emit: (item: Item) => void;
  /** What to ask for on a new socket; the plan's own messages where it is left out. */
  readonly subscribe?: () => readonly string[];
}

/** A socket that neither opens nor fails is given up. */
const OPEN_WITHIN_MS = 10_000;
/** From stale to given up: time for a held-up burst to arrive. */
const STALE_GRACE_MS = 1_000;
/** Only who has been live this long has left its failures behind. */
const STEADY_MS = 10_000;
/** A socket is left this long before the venue would cut it. */
const LEAVE_EARLY_MS = 10 * 60_000;
const REPLACE_AGAIN_MS = 60_000;
const PATIENCE_MAX = 8;

/** One socket's life; what concerns the line of sockets that follow each other is in `Connection`. */
interface Socket {
  readonly wire: Wire;
  readonly dialled_ms: number;
  readonly messages: Limiter;
  opened_ms: number | null;
  data_ms: number | null;
  ping_ms: number;
  isOver: boolean;
}

/**
 * Keeps one plan connected: dials, subscribes, watches for data, waits between attempts, and replaces a socket before the
 * venue cuts it (the new one is live before the old one is left; what both bring is told apart by id downstream).
 */
export class Connection {
  link: Link = "waiting";
  /** When a frame, ping or pong last came. */
  alive_ms = 0;
  /** When data last came. */
  data_ms: number | null = null;
  failures = 0;
  reconnects = 0;
  /** How often a socket was lost before another one was live: what came meanwhile is missing. */
  breaks = 0;
  /** It was silence that ended the last socket, and nothing has come since. */
  wasMute = false;
  /** Why it is not live, in words; empty while it is. */
  reason = "";
  private current: Socket | null = null;
  private next: Socket | null = null;
  private dialAt_ms = 0;
  private replaceAt_ms = 0;
  private live_ms: number | null = null;
  private patience = 1;
  private isAsking = false;
  private isPaused = false;
  /** One for the line's life: parsers keep what they know of names by it. */
  private readonly context: ParseContext;

  constructor(private readonly options: ConnectionOptions) {
    this.context = { provider: options.venue.id, symbolOf: options.symbolOf };
  }

  /** To be called several times a second: every wait of the line ends here. */
  tick(): void {
    const now_ms = this.options.clock.now();
    if (this.link === "waiting" && now_ms >= this.dialAt_ms) void this.dial();
    if (this.next !== null && now_ms - this.next.dialled_ms > OPEN_WITHIN_MS + this.silentAfter_ms) {
      this.leave(this.next);
      this.next = null;
    }
    const { current } = this;
    if (current === null) return;
    this.watch(current, now_ms);
    if (this.current !== current) return;
    this.keepUp(current, now_ms);
    if (this.next !== null) this.keepUp(this.next, now_ms);
    this.replaceInTime(current, now_ms);
  }

  /** Back pressure: nothing more is read until `resume`. A paused line is not a silent one. */
  pause(): void {
    this.isPaused = true;
    this.current?.wire.pause();
    this.next?.wire.pause();
  }

  resume(): void {
    this.isPaused = false;
    const now_ms = this.options.clock.now();
    this.alive_ms = now_ms;
    if (this.current?.data_ms != null) this.current.data_ms = now_ms;
    this.current?.wire.resume();
    this.next?.wire.resume();
  }

  send(texts: readonly string[]): void {
    if (this.current !== null && this.current.opened_ms !== null) void this.say(this.current, texts);
  }

  stop(): void {
    this.happens("stop");
    for (const socket of [this.current, this.next]) if (socket !== null) this.leave(socket);
    this.current = null;
    this.next = null;
  }

  /** The venue says it goes away: the next socket is sought while this one still works. */
  replace(): void {
    this.replaceAt_ms = Math.min(this.replaceAt_ms, this.options.clock.now());
  }

  /** The venue will not serve what this line asks for. */
  refuse(text: string): void {
    if (this.current !== null && this.link !== "live") this.drop({ kind: "refused", text });
  }

  private get silentAfter_ms(): number {
    return this.options.venue.limits.silent_after_ms * this.patience;
  }

  private happens(happening: Happening): void {
    const before = this.link;
    this.link = NEXT[before][happening];
    if (this.link === "live" && before !== "live") this.live_ms = this.options.clock.now();
    if (this.link !== "live" && this.link !== "stale") this.live_ms = null;
  }

  private async dial(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      await this.options.connects.take();
    } finally {
      this.isAsking = false;
    }
    if (this.link !== "waiting") return;
    this.happens("dial");
    this.current = this.open();
  }

  private open(): Socket {
    const { clock, dial, plan, venue } = this.options;
    const now_ms = clock.now();
    const early: (() => void)[] = [];
    let socket: Socket | null = null;
    // A dial may fail before it has returned.
    const told = (act: (socket: Socket) => void): void => {
      if (socket === null) early.push(() => told(act));
      else if (!socket.isOver) act(socket);
    };
    const wire = dial(plan.url, venue.limits.frame_max_bytes, {
      opened: () => told((it) => this.opened(it)),
      frame: (data) => told((it) => this.frame(it, data)),
      alive: () => told(() => this.seen()),
      ended: (failure) => told((it) => this.ended(it, failure)),
    });
    const messages = createLimiter(venue.limits.messages, clock);
    socket = { wire, dialled_ms: now_ms, messages, opened_ms: null, data_ms: null, ping_ms: now_ms, isOver: false };
    if (early.length > 0)
      queueMicrotask(() => {
        for (const act of early) act();
      });
    return socket;
  }

  private seen(): void {
    this.alive_ms = this.options.clock.now();
  }

  private opened(socket: Socket): void {
    const { plan, clock } = this.options;
    socket.opened_ms = clock.now();
    socket.ping_ms = socket.opened_ms;
    this.seen();
    if (socket === this.current) this.happens("opened");
    if (this.isPaused) socket.wire.pause();
    void this.say(socket, [...plan.login, ...(this.options.subscribe?.() ?? plan.subscribe)]);
  }

  private async say(socket: Socket, texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await socket.messages.take();
      if (socket.isOver) return;
      socket.wire.send(text);
    }
  }

  private frame(socket: Socket, data: Uint8Array | string): void {
    const { venue, clock, emit } = this.options;
    const recv_ms = clock.now();
    this.alive_ms = recv_ms;
    let hasData = false;
    const take = (item: Item): void => {
      if (item.kind === "trade" || item.kind === "quote" || item.kind === "price" || item.kind === "book_update") {
        hasData = true;
      } else if (item.kind === "answer") {
        void this.say(socket, [item.text]);
        return;
      }
      emit(item);
    };
    try {
      venue.parse(data, recv_ms, this.context, take);
    } catch (cause) {
      const text = typeof data === "string" ? data : new TextDecoder().decode(data.subarray(0, 16_384));
      const why = cause instanceof Error ? cause.message : String(cause);
      emit({ kind: "rejected", reason: "parser_failed", detail: why, text: text.slice(0, 16_384), recv_ms });
    }
    if (hasData) this.data(socket, recv_ms);
  }

  private data(socket: Socket, now_ms: number): void {
    socket.data_ms = now_ms;
    this.data_ms = now_ms;
    this.patience = 1;
    this.wasMute = false;
    if (socket === this.next) {
      if (this.current !== null) this.leave(this.current);
      this.current = socket;
      this.next = null;
      this.reconnects++;
      this.planReplacement(socket);
    }
    if (this.link !== "live") {
      if (this.link === "open") this.planReplacement(socket);
      this.happens("data");
      this.reason = "";
    }
  }

  private planReplacement(socket: Socket): void {
    const life_ms = this.options.venue.limits.socket_life_ms;
    if (life_ms === null) this.replaceAt_ms = Number.POSITIVE_INFINITY;
    else this.replaceAt_ms = socket.dialled_ms + Math.max(life_ms / 2, life_ms - LEAVE_EARLY_MS);
  }

  private ended(socket: Socket, failure: Failure): void {
    socket.isOver = true;
    if (socket === this.next) {
      this.next = null;
      return;
    }
    if (socket === this.current) this.drop(failure);
  }

  private drop(failure: Failure): void {
    const { clock, random, settings, venue, connects } = this.options;
    const now_ms = clock.now();
    if (this.current !== null) this.leave(this.current);
    this.reason = inWords(venue.title, failure);
    this.failures++;
    if (this.link === "live" || this.link === "stale") this.breaks++;
    if (failure.kind === "mute") this.wasMute = true;
    this.happens("drop");
    this.current = null;
    this.dialAt_ms = now_ms + backoffMs(this.failures, settings, random);
    if (failure.kind === "status" && failure.retry_after_ms !== null) {
      connects.blockUntil(now_ms + failure.retry_after_ms);
      this.dialAt_ms = Math.max(this.dialAt_ms, now_ms + failure.retry_after_ms);
    }
    if (this.next !== null) {
      // The one that was to follow goes on in its place.
      this.current = this.next;
      this.next = null;
      this.happens("dial");
      if (this.current.opened_ms !== null) this.happens("opened");
    } else if (this.link === "waiting") this.reconnects++;
  }

  private watch(socket: Socket, now_ms: number): void {
    if (this.isPaused) return;
    if (this.link === "live" && this.live_ms !== null && now_ms - this.live_ms >= STEADY_MS) this.failures = 0;
    if (socket.opened_ms === null) {
      if (now_ms - socket.dialled_ms > OPEN_WITHIN_MS) this.drop({ kind: "timeout", after_ms: OPEN_WITHIN_MS });
      return;
    }
    const silent_ms = now_ms - (socket.data_ms ?? socket.opened_ms);
    if (this.link === "live" && silent_ms > this.silentAfter_ms) {
      this.happens("silence");
      this.reason = inWords(this.options.venue.title, { kind: "mute", silent_ms });
    }
    const limit_ms = this.silentAfter_ms + (this.link === "stale" ? STALE_GRACE_MS : 0);
    if ((this.link === "stale" || this.link === "open") && silent_ms > limit_ms) {
      // A market may simply be quiet: each new socket that answers and brings nothing is given longer.
      if (this.link === "open") this.patience = Math.min(PATIENCE_MAX, this.patience * 2);
      this.drop({ kind: "mute", silent_ms });
    }
  }

  private keepUp(socket: Socket, now_ms: number): void {
    const { ping } = this.options.venue.limits;
    if (ping === null || socket.opened_ms === null || now_ms - socket.ping_ms < ping.every_ms) return;
    socket.ping_ms = now_ms;
    if (ping.text === null) socket.wire.ping();
    else void this.say(socket, [ping.text]);
  }

  private replaceInTime(socket: Socket, now_ms: number): void {
    if (this.link !== "live" || this.next !== null || now_ms < this.replaceAt_ms || socket.data_ms === null) return;
    this.replaceAt_ms = now_ms + REPLACE_AGAIN_MS;
    // Not the first wait of a venue's limit: there is time.
    if (this.options.connects.waitMs() > 0) return;
    void this.options.connects.take();
    this.next = this.open();
  }

  private leave(socket: Socket): void {
    socket.isOver = true;
    socket.wire.end();
  }
}
