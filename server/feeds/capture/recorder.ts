import type { Clock } from "../../../core/ports/clock.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { LiveBooks } from "../books/live-books.ts";
import type { Dial } from "../connection/dial.ts";
import { Session } from "../connection/session.ts";
import { at, endpointsOf } from "../endpoints.ts";
import { createLimiter } from "../limiter.ts";
import { createRest } from "../rest.ts";
import type { Channel, Rest, Venue, VenueSymbol } from "../venue.ts";

/** What a recorder hears, as it came. */
export interface RecorderOut {
  frame(recv_ms: number, text: string): void;
  /** An answer of the REST side that the frames cannot be understood without: a whole book. */
  answer(url: string, recv_ms: number, body: string): void;
}

export interface RecorderOptions {
  readonly venue: Venue;
  readonly symbols: readonly VenueSymbol[];
  readonly channels: readonly Channel[];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly dial: Dial;
  readonly signal: AbortSignal;
  readonly out: RecorderOut;
}

const OK = 200;

/**
 * One venue's frames, all of them: connected, kept alive and connected again as the live feed does it. Books are kept
 * too, since only who keeps them knows when a whole one has to be asked for.
 */
export class Recorder {
  private readonly session: Session;
  private readonly books: LiveBooks;

  constructor(private readonly options: RecorderOptions) {
    const { channels, clock, out, signal, symbols } = options;
    const venue = heard(options.venue, out);
    const { stream, rest: address } = endpointsOf(venue.id, options.settings);
    const connects = createLimiter(venue.limits.connects, clock);
    const connect = (some: readonly VenueSymbol[], what: readonly Channel[]): Session =>
      new Session({ ...options, random: Math.random, venue, symbols: some, channels: what, stream, connects });
    const isOne = venue.limits.one_connection === true;
    const ask = createRest({ clock, limit: venue.limits.rest, signal });
    const rest: Rest = async (url, weight, headers) => {
      const answer = await ask(at(url, address), weight, headers);
      if (answer.status === OK) out.answer(url, clock.now(), answer.body);
      return answer;
    };
    const others = channels.filter((channel) => isOne || channel !== "book");
    this.session = connect(symbols, others);
    this.books = new LiveBooks({
      venue,
      rest,
      clock,
      signal,
      connect: (some) => (isOne ? this.session : connect(some, ["book"])),
    });
    if (channels.includes("book")) this.books.want(symbols);
  }

  /** To be called several times a second. */
  step(): void {
    const { session, books } = this;
    session.tick();
    for (const item of session.queue.take(Number.MAX_SAFE_INTEGER)) {
      if (item.kind === "book_update") books.take(item);
      else if (item.kind === "broken") books.broken(item.symbols);
    }
    const now_ms = this.options.clock.now();
    books.step(now_ms);
    // Their records are made again of the frames.
    books.drain([], now_ms);
  }

  /** How the connection is, in words; empty when all is well. */
  get trouble(): string {
    const { said, reason } = this.session.said();
    return said === "live" || said === "trying" ? this.books.trouble : reason;
  }

  /** What the venue will not serve, with its words. */
  get refused(): ReadonlyMap<string, string> {
    return this.session.refused;
  }

  stop(): void {
    this.session.stop();
    this.books.stop();
  }
}

/** The same venue; what its parser is given is heard first. */
function heard(venue: Venue, out: RecorderOut): Venue {
  const decoder = new TextDecoder();
  return {
    ...venue,
    parse(frame, recv_ms, context, emit) {
      out.frame(recv_ms, typeof frame === "string" ? frame : decoder.decode(frame));
      venue.parse(frame, recv_ms, context, emit);
    },
  };
}
