import { BACKOFF, type Backoff, backoffMs } from "./backoff.ts";
import { HOLDS_CONNECTION, type Link, NEXT, type Signal } from "./link.ts";
import { makeSseParser, SSE_BOUNDS, type SseBounds, type SseEvent } from "./sse-parser.ts";

export interface StreamClock {
  now(): number;
  /** Calls `fn` once, `delayMs` from now; the answer cancels it. */
  after(delayMs: number, fn: () => void): () => void;
}

/** One connection attempt. After `closed`, or once the returned function was called, nothing more is told. */
export interface Transport {
  open(
    request: { readonly url: string; readonly lastEventId: string | null },
    on: {
      opened(): void;
      text(chunk: string): void;
      /** `problem` in words; `retryAfterMs` if the server named a time. */
      closed(problem: string, retryAfterMs: number | null): void;
    },
  ): () => void;
}

export interface LinkInfo {
  readonly link: Link;
  readonly sinceMs: number;
  /** When anything last came from the server. */
  readonly lastEventMs: number | null;
  /** Set while waiting. */
  readonly retryAtMs: number | null;
  readonly attempt: number;
  /** Why the last connection ended, in words. */
  readonly problem: string | null;
  /** Records from before this connection received so far. */
  readonly backlog: number;
}

/** Of which time an event is: what was missed, of now, or neither (it proves only that the server is there). */
export type Freshness = "backlog" | "data" | "neutral";

export interface StreamOptions {
  readonly transport: Transport;
  readonly clock: StreamClock;
  readonly random: () => number;
  /** Asked anew at every attempt. */
  readonly url: () => string;
  /** Applies the event to the stores and says of which time it is. Must not throw. */
  readonly onEvent: (event: SseEvent) => Freshness;
  /** A connection stands; `resumed` if it named the last id it saw. */
  readonly onOpen: (resumed: boolean) => void;
  readonly onLink: (info: LinkInfo) => void;
  readonly backoff?: Backoff;
  readonly bounds?: SseBounds;
  /** Silence until the page calls itself stale. The server speaks every second. */
  readonly staleMs?: number;
  /** Silence until the connection is given up and a new one tried. */
  readonly giveUpMs?: number;
  readonly connectMs?: number;
}

export interface Stream {
  info(): LinkInfo;
  start(): void;
  stop(): void;
  /** Ends the wait, if there is one. */
  retryNow(): void;
  /** Connects anew under the current url, keeping the place in the stream. */
  restart(): void;
}

export function makeStream(options: StreamOptions): Stream {
  const { transport, clock, random, onEvent, onOpen, onLink } = options;
  const staleMs = options.staleMs ?? 1_800;
  const giveUpMs = options.giveUpMs ?? 8_000;
  const connectMs = options.connectMs ?? 5_000;

  let link: Link = "idle";
  let sinceMs = clock.now();
  let lastEventMs: number | null = null;
  let retryAtMs: number | null = null;
  let attempt = 0;
  let problem: string | null = null;
  let backlog = 0;
  let lastEventId: string | null = null;
  let hangUp: (() => void) | null = null;
  let cancelTimer: () => void = () => {};

  const info = (): LinkInfo => ({ link, sinceMs, lastEventMs, retryAtMs, attempt, problem, backlog });

  const timer = (delayMs: number, fn: () => void): void => {
    cancelTimer();
    cancelTimer = clock.after(Math.max(0, delayMs), fn);
  };

  const quietFromMs = (): number => Math.max(lastEventMs ?? 0, sinceMs);

  /** Judged by the clock when the timer fires: events that came meanwhile count, and so does a tab that slept. */
  const watchSilence = (): void =>
    timer(quietFromMs() + staleMs - clock.now(), () => {
      if (clock.now() - quietFromMs() >= staleMs) signal("silence");
      else watchSilence();
    });

  const enter: Record<Link, () => void> = {
    idle: () => cancelTimer(),
    connecting: connect,
    catching_up: () => watchSilence(),
    live: () => {
      attempt = 0;
      problem = null;
      watchSilence();
    },
    stale: () =>
      timer(giveUpMs - staleMs, () => {
        problem = `nothing came for ${Math.round((clock.now() - (lastEventMs ?? sinceMs)) / 1_000)} s`;
        signal("silence");
      }),
    waiting: () => {
      const delayMs = backoffMs(attempt, random(), options.backoff ?? BACKOFF);
      attempt += 1;
      wait(delayMs);
    },
  };

  function wait(delayMs: number): void {
    retryAtMs = clock.now() + delayMs;
    timer(delayMs, () => signal("retry"));
  }

  function signal(what: Signal): void {
    const next = NEXT[link][what];
    if (next === link) return;
    link = next;
    sinceMs = clock.now();
    retryAtMs = null;
    if (!HOLDS_CONNECTION[next]) {
      hangUp?.();
      hangUp = null;
    }
    enter[next]();
    onLink(info());
  }

  function connect(): void {
    hangUp?.();
    backlog = 0;
    let mine = true;
    const resume = lastEventId;
    const fail = (why: string, retryAfterMs: number | null): void => {
      if (!mine) return;
      mine = false;
      problem = why;
      signal("drop");
      if (retryAfterMs !== null && link === "waiting") {
        wait(retryAfterMs);
        onLink(info());
      }
    };
    timer(connectMs, () => {
      problem = `no answer within ${connectMs / 1_000} s`;
      signal("silence");
    });
    const parser = makeSseParser((event) => take(event), options.bounds ?? SSE_BOUNDS);
    // The hang-up of this attempt is registered before it can report anything.
    let abort: () => void = () => {};
    hangUp = () => {
      mine = false;
      abort();
    };
    abort = transport.open(
      { url: options.url(), lastEventId: resume },
      {
        opened: () => {
          if (!mine) return;
          lastEventMs = clock.now();
          signal("opened");
          onOpen(resume !== null);
        },
        text: (chunk) => {
          if (!mine) return;
          const broken = parser.push(chunk);
          if (broken !== null) {
            abort();
            fail(`the stream could not be read: ${broken}`, null);
          }
        },
        closed: fail,
      },
    );
    if (!mine) abort();
  }

  function take(event: SseEvent): void {
    if (!HOLDS_CONNECTION[link]) return;
    lastEventMs = clock.now();
    const freshness = onEvent(event);
    // Only now: an id counts as seen once its record is in the stores.
    if (event.id !== null) lastEventId = event.id === "" ? null : event.id;
    if (freshness === "backlog") {
      backlog += 1;
      signal("backlog");
      if (link === "catching_up") onLink(info());
    } else if (freshness === "data") signal("data");
  }

  return {
    info,
    start: () => signal("start"),
    stop: () => signal("stop"),
    retryNow: () => {
      if (link === "waiting") signal("start");
    },
    restart: () => {
      if (link === "idle") return;
      signal("stop");
      signal("start");
    },
  };
}
