import type { Readable } from "node:stream";
import type { DeadLetter } from "../../../core/messages/dead-letter.ts";
import { type BookKeeper, createBookKeeper } from "../../feeds/books/keeper.ts";
import { Brackets, captureLine } from "../../feeds/capture/line.ts";
import type { BookUpdate, Item, ParseContext, Rejected, Venue } from "../../feeds/venue.ts";
import { LINE_BYTES_MAX, type Line, linesOf } from "../../ndjson/lines.ts";
import { Numbering } from "./numbering.ts";

const RAW_MAX = 16_384;

/** Where records go: true when there is enough to be flushed. */
export interface RecordOut {
  add(record: object): boolean;
  flush(): Promise<void>;
}

/** Where lines that are no frames go, and records that were set aside. */
export interface RefusedOut {
  line(line: Line, why: string): Promise<void>;
  letter(letter: DeadLetter): Promise<void>;
}

/** A frame written over several lines, so far. */
interface Begun {
  readonly line: Line;
  readonly texts: string[];
  readonly brackets: Brackets;
  size: number;
}

/** Raw recordings of one venue, line by line, into records in the order of the input. */
export class Decoding {
  readonly counts = { lines: 0, good: 0, control: 0, unknown: 0 };
  private readonly numbering: Numbering;
  private bad: string | null = null;
  private said = 0;
  private readonly context: ParseContext;
  private readonly books: BookKeeper | null;
  private readonly bookSymbols = new Set<string>();
  private letters: DeadLetter[] = [];
  private begun: Begun | null = null;
  /** Whose whole book the next frame is, if it is one. */
  private bookOf: string | null = null;
  private line: Line = { number: 0, text: "", isTooLong: false };
  /** The frame. */
  private text = "";
  /** When the frame was received; where nobody says it, the newest time that was read. */
  private recv_ms = 0;
  private isTimed = false;
  private newest_ms = 0;
  private isFull = false;

  constructor(
    private readonly venue: Venue,
    private readonly out: RecordOut,
    private readonly refused: RefusedOut,
  ) {
    this.context = { provider: venue.id, symbolOf: venue.fromVenue ?? ((symbol) => symbol), origin: "replay" };
    this.numbering = new Numbering(venue.trade_ids);
    const { bookRule } = venue;
    // A recording can not be asked for a whole book: changes before one come out as they are.
    this.books =
      bookRule === null ? null : createBookKeeper({ rule: bookRule, origin: "replay", needsBook: () => undefined });
  }

  async file(input: Readable): Promise<void> {
    try {
      for await (const some of linesOf(input)) for (const line of some) await this.take(line);
    } finally {
      await this.endFrame();
    }
  }

  async flush(): Promise<void> {
    await this.settle();
    await this.out.flush();
  }

  summary(): string | null {
    const { control, unknown } = this.counts;
    const said: string[] = [];
    if (unknown > 0) said.push(`${unknown} frames are unknown`);
    if (control > 0) said.push(`${control} control lines passed over`);
    const numbering = this.numbering.summary();
    if (numbering !== null) said.push(numbering);
    return said.length === 0 ? null : `decode ${this.venue.id}: ${said.join("; ")}`;
  }

  async take(line: Line): Promise<void> {
    if (line.text.trim() === "" && !line.isTooLong) return;
    const read = captureLine(line.text);
    if (this.begun !== null) {
      const isNext =
        read.kind === "control" ||
        read.kind === "begin" ||
        (read.kind === "frame" && (read.isMarked || read.recv_ms !== null));
      if (!isNext) return this.goOn(this.begun, line);
      await this.endFrame();
    }
    this.counts.lines++;
    if (line.isTooLong) return this.refused.line(line, "it is too long");
    switch (read.kind) {
      case "control":
        this.bookOf = this.symbolIn(read.text);
        this.counts.control++;
        this.counts.good++;
        return;
      case "begin":
        this.begun = { line, texts: [read.text], brackets: new Brackets(), size: read.text.length };
        this.begun.brackets.add(read.text);
        return;
      case "bad":
        return this.refused.line(line, read.why);
      case "frame":
        return this.read(line, read.text, read.recv_ms);
    }
  }

  private async goOn(begun: Begun, line: Line): Promise<void> {
    begun.texts.push(line.text);
    begun.brackets.add(line.text);
    begun.size += line.text.length;
    if (line.isTooLong || begun.size > LINE_BYTES_MAX || begun.brackets.areClosed) await this.endFrame();
  }

  private async endFrame(): Promise<void> {
    const { begun } = this;
    this.begun = null;
    if (begun === null) return;
    const line = { ...begun.line, text: begun.texts.join("\n").trim() };
    if (begun.brackets.areClosed) await this.read(line, line.text, null);
    else await this.refused.line(line, "the frame that begins here does not end");
  }

  private async read(line: Line, text: string, recv_ms: number | null): Promise<void> {
    this.line = line;
    this.text = text;
    this.bad = null;
    this.said = 0;
    this.isTimed = recv_ms !== null;
    this.recv_ms = recv_ms ?? this.newest_ms;
    this.venue.parse(text, this.recv_ms, this.context, (item) => this.say(item));
    this.bookOf = null;
    if (this.bad !== null) await this.refused.line(line, this.bad);
    else if (this.said > 0) this.counts.good++;
    if (this.isFull || this.letters.length > 0) await this.settle();
  }

  private say(item: Item): void {
    this.numbering.see(item);
    switch (item.kind) {
      case "trade":
      case "quote":
      case "price":
        this.write(item);
        break;
      case "book_update":
        this.book(item);
        break;
      case "rejected":
        if (item.is_sound === true) this.unknown(item.text, `${item.reason}: ${item.detail}`);
        else this.letters.push(this.letter(item));
        break;
      case "unknown": {
        const book = this.recordedBook(item.text);
        if (book !== null) this.book(book);
        else if (isJson(item.text)) this.unknown(item.text, item.why);
        else this.bad = item.why;
        break;
      }
      default:
        this.unknown(this.text, `said about the connection: ${item.kind}`);
    }
  }

  private book(update: BookUpdate): void {
    if (this.bookSymbols.size < 2) this.bookSymbols.add(update.symbol);
    const { books } = this;
    const said: object[] = [];
    books?.apply(update, (book) => said.push(book));
    const isOld = !update.snapshot && books !== null && books.top(update.symbol, 0) !== null;
    // Without a whole book to put it into, the change itself is all there is to say.
    if (said.length === 0 && isOld) this.said++;
    for (const record of said.length > 0 || isOld ? said : [update]) this.write(record);
  }

  /**
   * Recorders write REST's whole books between the frames. Whose they are says the address they were asked at, on the
   * line before; in a recording of one symbol it is clear without.
   */
  private recordedBook(text: string): BookUpdate | null {
    const [only] = this.bookSymbols.size === 1 ? this.bookSymbols : [];
    const symbol = this.bookOf ?? only;
    if (symbol === undefined) return null;
    return this.venue.recordedBook?.(text, symbol, this.recv_ms, this.context) ?? null;
  }

  private symbolIn(control: string): string | null {
    if (!URL.canParse(control)) return null;
    const name = new URL(control).searchParams.get("symbol");
    return name === null || name === "" ? null : this.context.symbolOf(name);
  }

  private unknown(text: string, why: string): void {
    this.counts.unknown++;
    this.write({ kind: "unknown", origin: "replay", provider: this.venue.id, why, text, recv_ms: this.recv_ms });
  }

  private letter({ reason, detail, text, symbol, recv_ms }: Rejected): DeadLetter {
    return {
      kind: "dead_letter",
      id: `decode ${this.venue.id}|${reason}|${this.line.number}|${this.letters.length}`,
      where: `decode ${this.venue.id}`,
      reason,
      detail: detail.slice(0, 500),
      symbol: symbol ?? null,
      ts_ms: recv_ms,
      raw: text.slice(0, RAW_MAX),
    };
  }

  private write(record: object): void {
    this.said++;
    if ("ts_ms" in record) this.newest_ms = Math.max(this.newest_ms, record.ts_ms as number);
    // Nobody said when it was received: then nor do we.
    const said = this.isTimed ? record : { ...record, recv_ms: undefined };
    if (this.out.add(said)) this.isFull = true;
  }

  private async settle(): Promise<void> {
    const { letters } = this;
    this.letters = [];
    for (const letter of letters) await this.refused.letter(letter);
    if (!this.isFull) return;
    this.isFull = false;
    await this.out.flush();
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
