import type { Said } from "../failover/manager.ts";
import type { SocketPlan, VenueSymbol } from "../venue.ts";
import type { Connection } from "./connection.ts";
import { inWords } from "./failure.ts";

/** Remembered messages about one symbol; a refusal comes soon or never. */
const SINGLES_MAX = 1_000;
const QUESTIONS_MAX = 1_000;

export interface LineOptions {
  readonly title: string;
  readonly plan: SocketPlan;
  /** What the venue will not serve, in our names, with its words; shared by its lines. */
  readonly refused: Map<string, string>;
  /** Opened for symbols that came later: until it is live, how the venue is does not hang on it. */
  readonly isLater: boolean;
}

/** One socket of a venue and what is asked for on it, which changes while it is open. */
export class Line {
  /** The plan's symbols, and what was added and removed since. */
  symbols: VenueSymbol[];
  isJoining: boolean;
  private breaks = 0;
  /** Messages about one symbol each: an answer's id tells whom it means. */
  private readonly singles: { readonly symbol: VenueSymbol; readonly texts: readonly string[] }[] = [];
  /** Messages not answered yet, where answers carry no id and come in the order of the questions; null: of several symbols. */
  private questions: (VenueSymbol | null)[] = [];
  /** A refusal that named nobody is looked into once: each symbol is asked for by itself. */
  private wasLookedInto = false;
  readonly connection: Connection;

  constructor(
    private readonly options: LineOptions,
    connect: (line: Line) => Connection,
  ) {
    this.symbols = [...options.plan.symbols];
    this.isJoining = options.isLater;
    this.connection = connect(this);
  }

  get url(): string {
    return this.options.plan.url;
  }

  get said(): Said {
    const { link, failures, wasMute } = this.connection;
    if (link === "live") return "live";
    if (link === "stale" || wasMute) return "mute";
    return failures > 0 ? "broken" : "trying";
  }

  tick(): void {
    this.connection.tick();
    if (this.connection.link === "live") this.isJoining = false;
  }

  /** True once for each time it broke: something may have been missed since. */
  takeBreak(): boolean {
    const { breaks } = this.connection;
    const isBroken = breaks !== this.breaks;
    this.breaks = breaks;
    return isBroken;
  }

  add(symbol: VenueSymbol): void {
    this.symbols.push(symbol);
    this.ask(symbol);
  }

  remove(symbol: string): void {
    const gone = this.symbols.filter((one) => one.symbol === symbol);
    if (gone.length === 0) return;
    this.symbols = this.symbols.filter((one) => one.symbol !== symbol);
    if (this.symbols.length > 0) this.say(this.options.plan.remove(gone), null);
  }

  /** Leaves one symbol and asks for it again: a book whose beginning the stream sends. */
  again(symbol: string): void {
    const one = this.symbols.find((known) => known.symbol === symbol);
    if (one === undefined || this.options.refused.has(symbol)) return;
    this.say(this.options.plan.remove([one]), null);
    this.ask(one);
  }

  /** What is asked for on a new socket: without what was refused, which would have the whole message refused again. */
  subscription(): readonly string[] {
    const { plan } = this.options;
    const wanted = this.wanted;
    const isPlan = wanted.length === plan.symbols.length && wanted.every((one, i) => one === plan.symbols[i]);
    const texts = isPlan ? plan.subscribe : wanted.length === 0 ? [] : plan.add(wanted);
    this.questions = texts.map(() => null);
    return texts;
  }

  acked(id: string | null): void {
    if (id === null) this.questions.shift();
  }

  refusal(id: string | null, names: readonly string[], text: string): void {
    const { plan, refused, title } = this.options;
    const isNamed = ({ venue }: VenueSymbol): boolean =>
      names.some((name) => name.toUpperCase() === venue.toUpperCase());
    const named = this.symbols.filter(isNamed);
    const single = this.singles.find(({ texts }) => id !== null && texts.some((one) => hasId(one, id)));
    const asked = id === null ? (this.questions.shift() ?? undefined) : single?.symbol;
    const meant = named.length > 0 ? named : asked === undefined ? [] : [asked];
    for (const { symbol } of meant) refused.set(symbol, inWords(title, { kind: "refused", text }));
    const left = this.wanted;
    if (left.length === 0) this.connection.refuse(text);
    else if (asked !== undefined) return;
    // The others of the message were refused with it.
    else if (named.length > 0) this.say(plan.add(left), null);
    else if (!this.wasLookedInto) {
      this.wasLookedInto = true;
      for (const symbol of left) this.ask(symbol);
    }
  }

  private get wanted(): VenueSymbol[] {
    return this.symbols.filter(({ symbol }) => !this.options.refused.has(symbol));
  }

  private ask(symbol: VenueSymbol): void {
    const texts = this.options.plan.add([symbol]);
    this.singles.push({ symbol, texts });
    if (this.singles.length > SINGLES_MAX) this.singles.shift();
    this.say(texts, symbol);
  }

  private say(texts: readonly string[], about: VenueSymbol | null): void {
    for (const _text of texts) this.questions.push(about);
    if (this.questions.length > QUESTIONS_MAX) this.questions = this.questions.slice(-QUESTIONS_MAX);
    this.connection.send(texts);
  }
}

/** Whether an answer with this id is to that message: venues say it back as they were given it, as number or as text. */
function hasId(message: string, id: string): boolean {
  return message.includes(`id":${id},`) || message.includes(`id":${id}}`) || message.includes(`id":"${id}"`);
}
