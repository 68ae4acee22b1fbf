import type { Clock } from "../../../core/ports/clock.ts";
import { createLimiter, type Limiter } from "../limiter.ts";
import type { VenueLimits } from "../venue.ts";
import type { Dial, Wire } from "./dial.ts";
import type { Failure } from "./failure.ts";

export interface SocketEvents {
  opened(socket: Socket): void;
  frame(socket: Socket, data: Uint8Array | string): void;
  alive(): void;
  ended(socket: Socket, failure: Failure): void;
}

/** One socket's life, from its dial to its end; what concerns the line of sockets that follow each other is `Connection`'s. */
export class Socket {
  readonly dialled_ms: number;
  opened_ms: number | null = null;
  data_ms: number | null = null;
  /** It may be asked for something: no login was needed, or the venue has taken it. */
  isReady = false;
  isOver = false;
  private readonly wire: Wire;
  private readonly messages: Limiter;
  private ping_ms = 0;

  constructor(
    url: string,
    private readonly limits: VenueLimits,
    clock: Clock,
    dial: Dial,
    events: SocketEvents,
  ) {
    this.dialled_ms = clock.now();
    this.messages = createLimiter(limits.messages, clock);
    // A dial may fail before it has returned; its owner must have it first.
    let isMade = false;
    const told = (act: () => void): void => {
      if (!isMade) queueMicrotask(() => told(act));
      else if (!this.isOver) act();
    };
    this.wire = dial(url, limits.frame_max_bytes, {
      opened: () =>
        told(() => {
          this.opened_ms = clock.now();
          this.ping_ms = this.opened_ms;
          events.opened(this);
        }),
      frame: (data) => told(() => events.frame(this, data)),
      alive: () => told(() => events.alive()),
      ended: (failure) =>
        told(() => {
          this.isOver = true;
          events.ended(this, failure);
        }),
    });
    isMade = true;
  }

  /** As fast as the venue allows; nothing more once it is over. */
  async say(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await this.messages.take();
      if (this.isOver) return;
      this.wire.send(text);
    }
  }

  /** Asks for a sign of life when the venue wants to be asked. */
  keepUp(now_ms: number): void {
    const { ping } = this.limits;
    if (ping === null || this.opened_ms === null || now_ms - this.ping_ms < ping.every_ms) return;
    this.ping_ms = now_ms;
    if (ping.text === null) this.wire.ping();
    else void this.say([ping.text]);
  }

  pause(): void {
    this.wire.pause();
  }

  resume(): void {
    this.wire.resume();
  }

  leave(): void {
    this.isOver = true;
    this.wire.end();
  }
}
