import type { Clock } from "../../../core/ports/clock.ts";
import { at } from "../endpoints.ts";
import type { Said } from "../failover/manager.ts";
import { createLimiter } from "../limiter.ts";
import type { Channel, Item, SocketPlan, Venue, VenueSymbol } from "../venue.ts";
import type { BackoffSettings } from "./backoff.ts";
import { Connection } from "./connection.ts";
import type { Dial } from "./dial.ts";
import { inWords } from "./failure.ts";
import { ItemQueue } from "./queue.ts";

export interface SessionOptions {
  readonly venue: Venue;
  readonly symbols: readonly VenueSymbol[];
  readonly channels: readonly Channel[];
  /** Empty: the venue's own address. */
  readonly stream: string;
  readonly clock: Clock;
  readonly dial: Dial;
  readonly random: () => number;
  readonly settings: BackoffSettings;
  readonly queue_max?: number;
}

const QUEUE_MAX = 65_536;

interface Line {
  readonly plan: SocketPlan;
  readonly connection: Connection;
  /** A refusal that named nobody is looked into once: each symbol is asked for by itself, with these messages. */
  singles: readonly { readonly symbol: VenueSymbol; readonly texts: readonly string[] }[] | null;
  /** Those of them that are not answered yet, where answers carry no id: they come in the order of the questions. */
  unanswered: VenueSymbol[];
}

/** All connections to one venue, and the queue their records wait in. */
export class Session {
  readonly queue: ItemQueue;
  /** What the venue will not serve, in our names, with its words. */
  readonly refused = new Map<string, string>();
  private readonly lines: readonly Line[];
  private readonly ours: ReadonlyMap<string, string>;

  constructor(private readonly options: SessionOptions) {
    const { venue, symbols, channels, clock, stream } = options;
    this.ours = new Map(symbols.map((one) => [one.venue, one.symbol]));
    this.queue = new ItemQueue({
      capacity: options.queue_max ?? QUEUE_MAX,
      onFull: () => this.each((connection) => connection.pause()),
      onRoom: () => this.each((connection) => connection.resume()),
    });
    const connects = createLimiter(venue.limits.connects, clock);
    this.lines = venue.sockets(symbols, channels).map((own) => {
      const plan = { ...own, url: at(own.url, stream) };
      const connection: Connection = new Connection({
        ...options,
        plan,
        symbolOf: (name) => this.ours.get(name) ?? name,
        connects,
        subscribe: () => this.subscription(line),
        emit: (item) => this.take(line, item),
      });
      const line: Line = { plan, connection, singles: null, unanswered: [] };
      return line;
    });
  }

  tick(): void {
    for (const { connection } of this.lines) connection.tick();
  }

  stop(): void {
    this.each((connection) => connection.stop());
  }

  /** Of the line that is worst off: a venue of which half is missing is not well. */
  said(): { readonly said: Said; readonly reason: string } {
    let worst: { said: Said; reason: string } = { said: "live", reason: "" };
    for (const { connection } of this.lines) {
      const said = saidOf(connection);
      if (BADNESS.indexOf(said) > BADNESS.indexOf(worst.said)) worst = { said, reason: connection.reason };
    }
    return this.lines.length === 0 ? { said: "broken", reason: this.unserved } : worst;
  }

  /** Every line has shown a sign of life up to here. */
  get alive_ms(): number {
    return this.lines.reduce((least, { connection }) => Math.min(least, connection.alive_ms), Number.MAX_SAFE_INTEGER);
  }

  /** Every line has brought data up to here; null: some line has brought none. */
  get data_ms(): number | null {
    let least = Number.MAX_SAFE_INTEGER;
    for (const { connection } of this.lines) {
      if (connection.data_ms === null) return null;
      least = Math.min(least, connection.data_ms);
    }
    return this.lines.length === 0 ? null : least;
  }

  /** Counts up whenever trades may have been missed meanwhile. */
  get breaks(): number {
    return this.lines.reduce((sum, { connection }) => sum + connection.breaks, 0);
  }

  get reconnects(): number {
    return this.lines.reduce((sum, { connection }) => sum + connection.reconnects, 0);
  }

  private get unserved(): string {
    return `${this.options.venue.title} has none of the watched symbols`;
  }

  private each(act: (connection: Connection) => void): void {
    for (const { connection } of this.lines ?? []) act(connection);
  }

  /** What is asked for: without what was refused before, which would have the whole message refused again. */
  private subscription(line: Line): readonly string[] {
    const { plan } = line;
    line.unanswered = [];
    const wanted = plan.symbols.filter(({ symbol }) => !this.refused.has(symbol));
    return wanted.length === plan.symbols.length ? plan.subscribe : wanted.length === 0 ? [] : plan.add(wanted);
  }

  private take(line: Line, item: Item): void {
    switch (item.kind) {
      case "ack":
        if (item.id === null) line.unanswered.shift();
        return;
      case "answer":
        return;
      case "going_away":
        line.connection.replace();
        return;
      case "refused":
        this.refusal(line, item.id, item.symbols, item.text);
        return;
      default:
        this.queue.add(item);
    }
  }

  private refusal(line: Line, id: string | null, names: readonly string[], text: string): void {
    const { plan, connection, singles } = line;
    const isNamed = ({ venue }: VenueSymbol): boolean =>
      names.some((name) => name.toUpperCase() === venue.toUpperCase());
    const named = plan.symbols.filter(isNamed);
    const asked =
      id === null ? line.unanswered.shift() : singles?.find(({ texts }) => texts.some((one) => hasId(one, id)))?.symbol;
    const refused = named.length > 0 ? named : asked === undefined ? [] : [asked];
    for (const { symbol } of refused) {
      this.refused.set(symbol, inWords(this.options.venue.title, { kind: "refused", text }));
    }
    const left = plan.symbols.filter(({ symbol }) => !this.refused.has(symbol));
    if (left.length === 0) connection.refuse(text);
    else if (asked !== undefined) return;
    // The others of the message were refused with it.
    else if (named.length > 0) connection.send(plan.add(left));
    else if (singles === null) {
      line.singles = left.map((symbol) => ({ symbol, texts: plan.add([symbol]) }));
      if (id === null) line.unanswered = left;
      for (const { texts } of line.singles) connection.send(texts);
    }
  }
}

/** Whether an answer with this id is to that message: venues say it back as they were given it, as number or as text. */
function hasId(message: string, id: string): boolean {
  return message.includes(`id":${id},`) || message.includes(`id":${id}}`) || message.includes(`id":"${id}"`);
}

/** From best to worst. */
const BADNESS: readonly Said[] = ["live", "trying", "broken", "mute"];

function saidOf({ link, failures, wasMute }: Connection): Said {
  if (link === "live") return "live";
  if (link === "stale" || wasMute) return "mute";
  return failures > 0 ? "broken" : "trying";
}
