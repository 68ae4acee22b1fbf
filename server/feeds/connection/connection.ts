import type { ParseContext } from "../venue.ts";
import { backoffMs } from "./backoff.ts";
import { type Failure, inWords } from "./failure.ts";
import { leaveAtMs } from "./leave.ts";
import type { ConnectionOptions } from "./options.ts";
import { read } from "./read.ts";
import { Socket } from "./socket.ts";
import { type Happening, type Link, NEXT } from "./table.ts";

/** A socket that neither opens (and lets us in) nor fails is given up. */
const OPEN_WITHIN_MS = 10_000;
/** From stale to given up: time for a held-up burst to arrive. */
const STALE_GRACE_MS = 1_000;
/** Only who has been live this long has left its failures behind. */
const STEADY_MS = 10_000;
const REPLACE_AGAIN_MS = 60_000;
const PATIENCE_MAX = 8;

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
      this.next.leave();
      this.next = null;
    }
    const { current } = this;
    if (current === null) return;
    this.watch(current, now_ms);
    if (this.current !== current) return;
    current.keepUp(now_ms);
    this.next?.keepUp(now_ms);
    this.replaceInTime(current, now_ms);
  }

  /** Back pressure: nothing more is read until `resume`. A paused line is not a silent one. */
  pause(): void {
    this.isPaused = true;
    this.current?.pause();
    this.next?.pause();
  }

  resume(): void {
    this.isPaused = false;
    const now_ms = this.options.clock.now();
    this.alive_ms = now_ms;
    if (this.current?.data_ms != null) this.current.data_ms = now_ms;
    this.current?.resume();
    this.next?.resume();
  }

  send(texts: readonly string[]): void {
    // The one that is to follow asked, when it opened, for what was wanted then.
    for (const one of [this.current, this.next]) if (one?.isReady === true) void one.say(texts);
  }

  stop(): void {
    this.happens("stop");
    this.current?.leave();
    this.next?.leave();
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
    await this.options.connects.take();
    this.isAsking = false;
    if (this.link !== "waiting") return;
    this.happens("dial");
    this.current = this.open();
  }

  private open(): Socket {
    const { clock, dial, plan, venue } = this.options;
    return new Socket(plan.url, venue.limits, clock, dial, {
      opened: (socket) => this.opened(socket),
      frame: (socket, data) => this.frame(socket, data),
      alive: () => this.seen(),
      ended: (socket, failure) => this.ended(socket, failure),
    });
  }

  private seen(): void {
    this.alive_ms = this.options.clock.now();
  }

  private opened(socket: Socket): void {
    const { login } = this.options.plan;
    this.seen();
    if (socket === this.current) this.happens("opened");
    if (this.isPaused) socket.pause();
    if (login.length === 0) this.ask(socket);
    else void socket.say(login);
  }

  private ask(socket: Socket): void {
    const { plan, subscribe } = this.options;
    socket.isReady = true;
    void socket.say(subscribe?.() ?? plan.subscribe);
  }

  private frame(socket: Socket, data: Uint8Array | string): void {
    const { venue, clock, emit } = this.options;
    const recv_ms = clock.now();
    this.alive_ms = recv_ms;
    const hasData = read(venue.parse, data, recv_ms, this.context, (item) => {
      if (item.kind === "answer") void socket.say([item.text]);
      else if (item.kind === "logged_in") this.ask(socket);
      else if (item.kind === "denied") this.ended(socket, item);
      else emit(item);
    });
    if (hasData && !socket.isOver) this.data(socket, recv_ms);
  }

  private data(socket: Socket, now_ms: number): void {
    const { limits } = this.options.venue;
    if (socket.data_ms === null) this.replaceAt_ms = leaveAtMs(socket.dialled_ms, limits.socket_life_ms);
    socket.data_ms = now_ms;
    this.data_ms = now_ms;
    this.patience = 1;
    this.wasMute = false;
    if (socket === this.next) {
      this.current?.leave();
      this.current = socket;
      this.next = null;
      this.reconnects++;
    }
    if (this.link !== "live") {
      this.happens("data");
      this.reason = "";
    }
  }

  private ended(socket: Socket, failure: Failure): void {
    if (socket === this.next) {
      socket.leave();
      this.next = null;
    } else if (socket === this.current) this.drop(failure);
  }

  private drop(failure: Failure): void {
    const { clock, random, settings, venue, connects } = this.options;
    const now_ms = clock.now();
    this.current?.leave();
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
    if (!socket.isReady && now_ms - socket.dialled_ms > OPEN_WITHIN_MS) {
      this.drop({ kind: "timeout", after_ms: OPEN_WITHIN_MS });
      return;
    }
    if (socket.opened_ms === null) return;
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

  private replaceInTime(socket: Socket, now_ms: number): void {
    if (this.link !== "live" || this.next !== null || now_ms < this.replaceAt_ms || socket.data_ms === null) return;
    this.replaceAt_ms = now_ms + REPLACE_AGAIN_MS;
    // Not the first wait of a venue's limit: there is time.
    if (this.options.connects.waitMs() > 0) return;
    void this.options.connects.take();
    this.next = this.open();
  }
}
