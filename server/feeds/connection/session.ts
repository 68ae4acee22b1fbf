import type { Clock } from "../../../core/ports/clock.ts";
import { at } from "../endpoints.ts";
import type { Said } from "../failover/manager.ts";
import { createLimiter, type Limiter } from "../limiter.ts";
import type { Channel, Item, SocketPlan, Venue, VenueSymbol } from "../venue.ts";
import type { BackoffSettings } from "./backoff.ts";
import { Connection } from "./connection.ts";
import type { Dial } from "./dial.ts";
import { Line } from "./line.ts";
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
  /** New connections, where several sessions with one venue share its limit. */
  readonly connects?: Limiter;
}

const QUEUE_MAX = 65_536;

/** All connections to one venue, and the queue their records wait in. */
export class Session {
  readonly queue: ItemQueue;
  /** What the venue will not serve, in our names, with its words. */
  readonly refused = new Map<string, string>();
  private lines: Line[] = [];
  /** By the venue's writing. Names stay when their symbols go: frames may still be under way, and parsers keep names. */
  private readonly ours: Map<string, string>;
  private readonly connects: Limiter;
  /** Of lines that are no more. */
  private pastReconnects = 0;

  constructor(private readonly options: SessionOptions) {
    const { venue, symbols, clock } = options;
    this.ours = new Map(symbols.map((one) => [one.venue, one.symbol]));
    this.queue = new ItemQueue({
      capacity: options.queue_max ?? QUEUE_MAX,
      onFull: () => this.each((connection) => connection.pause()),
      onRoom: () => this.each((connection) => connection.resume()),
    });
    this.connects = options.connects ?? createLimiter(venue.limits.connects, clock);
    for (const plan of this.plansOf(symbols)) this.open(plan, false);
  }

  /** More symbols: on an open line that has room, else on a new one. */
  add(symbols: readonly VenueSymbol[]): void {
    const { symbols_per_socket } = this.options.venue.limits;
    for (const one of symbols) {
      this.ours.set(one.venue, one.symbol);
      this.refused.delete(one.symbol);
      for (const plan of this.plansOf([one])) {
        const line = this.lines.find(({ url, symbols }) => url === plan.url && symbols.length < symbols_per_socket);
        if (line === undefined) this.open(plan, true);
        else line.add(one);
      }
    }
  }

  /** The others on its line hear nothing of it; a line nobody is left on is closed. */
  remove(symbol: string): void {
    this.refused.delete(symbol);
    for (const line of this.lines) line.remove(symbol);
    const empty = this.lines.filter(({ symbols }) => symbols.length === 0);
    for (const { connection } of empty) {
      connection.stop();
      this.pastReconnects += connection.reconnects;
    }
    this.lines = this.lines.filter((line) => !empty.includes(line));
  }

  /** Begins one symbol anew on its open line. */
  again(symbol: string): void {
    for (const line of this.lines) line.again(symbol);
  }

  tick(): void {
    for (const line of this.lines) {
      // Behind what the old socket brought, before anything of the next one.
      if (line.takeBreak()) this.queue.add({ kind: "broken", symbols: line.symbols.map(({ symbol }) => symbol) });
      line.tick();
    }
  }

  stop(): void {
    this.each((connection) => connection.stop());
  }

  /** Of the line that is worst off: a venue of which half is missing is not well. */
  said(): { readonly said: Said; readonly reason: string } {
    let worst: { said: Said; reason: string } = { said: "live", reason: "" };
    for (const { said, connection } of this.counted) {
      if (BADNESS.indexOf(said) > BADNESS.indexOf(worst.said)) worst = { said, reason: connection.reason };
    }
    return this.lines.length === 0 ? { said: "broken", reason: this.unserved } : worst;
  }

  /** Every line has shown a sign of life up to here. */
  get alive_ms(): number {
    return this.counted.reduce(
      (least, { connection }) => Math.min(least, connection.alive_ms),
      Number.MAX_SAFE_INTEGER,
    );
  }

  /** Every line has brought data up to here; null: some line has brought none. */
  get data_ms(): number | null {
    let least = Number.MAX_SAFE_INTEGER;
    for (const { connection } of this.counted) {
      if (connection.data_ms === null) return null;
      least = Math.min(least, connection.data_ms);
    }
    return this.lines.length === 0 ? null : least;
  }

  get reconnects(): number {
    return this.lines.reduce((sum, { connection }) => sum + connection.reconnects, this.pastReconnects);
  }

  private get unserved(): string {
    return `${this.options.venue.title} has none of the watched symbols`;
  }

  private get counted(): readonly Line[] {
    const joined = this.lines.filter(({ isJoining }) => !isJoining);
    return joined.length > 0 ? joined : this.lines;
  }

  private each(act: (connection: Connection) => void): void {
    for (const { connection } of this.lines) act(connection);
  }

  private plansOf(symbols: readonly VenueSymbol[]): SocketPlan[] {
    const { venue, channels, stream } = this.options;
    return venue.sockets(symbols, channels).map((plan) => ({ ...plan, url: at(plan.url, stream) }));
  }

  private open(plan: SocketPlan, isLater: boolean): void {
    const { venue, dial } = this.options;
    const connect = (line: Line): Connection =>
      new Connection({
        ...this.options,
        dial: venue.dial ?? dial,
        plan,
        symbolOf: (name) => this.ours.get(name) ?? name,
        connects: this.connects,
        subscribe: () => line.subscription(),
        emit: (item) => this.take(line, item),
      });
    const line = new Line({ title: venue.title, plan, refused: this.refused, isLater }, connect);
    if (this.queue.isFull) line.connection.pause();
    this.lines.push(line);
  }

  private take(line: Line, item: Item): void {
    switch (item.kind) {
      case "ack":
        line.acked(item.id);
        return;
      case "answer":
        return;
      case "going_away":
        line.connection.replace();
        return;
      case "refused":
        line.refusal(item.id, item.symbols, item.text);
        return;
      default:
        this.queue.add(item);
    }
  }
}

/** From best to worst. */
const BADNESS: readonly Said[] = ["live", "trying", "broken", "mute"];
