import type { Readable } from "node:stream";
import type { DeadLetter } from "../../../core/messages/dead-letter.ts";
import type { QuickTrade } from "../../../core/stages/bars/quick.ts";
import { linesOf, type RawLine } from "../../ndjson/lines.ts";
import { BadLine, type InputKind, type InputRecord, MarketReader } from "../../ndjson/market-line.ts";
import type { Refused } from "../io/refused.ts";
import type { LineWriter } from "../io/streams.ts";

/** A stage as a filter: records in, records and dead letters out, and what is left when the input ends. */
export interface Filter {
  /** Records of other kinds are passed over. */
  readonly reads: readonly InputKind[];
  step(record: InputRecord, emit: (out: object) => void): void;
  /** A trade that says nothing now and needs no record; false: nothing has happened, it is to come as one. */
  take?(trade: QuickTrade): boolean;
  end?(emit: (out: object) => void): void;
  /** What takes its time; asked for after some lines, and after the end. */
  settle?(emit: (out: object) => void): Promise<void>;
  close?(): void;
  /** What was good and changed nothing, by why; said at the end. */
  unused?(): Readonly<Record<string, number>>;
}

/** The input goes on for as long as somebody listens: what fails for a while is told and lived with. */
export interface Follow {
  warn(text: string): void;
}

export interface Filtered {
  readonly lines: number;
  readonly good: number;
  /** Good ones of kinds that the stage does not read. */
  readonly passed: number;
}

/** Runs a filter over lines of JSON. Good lines come out whatever the bad ones are. */
export async function runFilter(input: Readable, filter: Filter, out: LineWriter, refused: Refused): Promise<Filtered> {
  const reader = new MarketReader(new Set(filter.reads));
  let letters: DeadLetter[] = [];
  let isFull = false;
  const emit = (record: object): void => {
    if ("kind" in record && record.kind === "dead_letter") letters.push(record as DeadLetter);
    else if (out.add(JSON.stringify(record))) isFull = true;
  };
  let lines = 0;
  let good = 0;
  let passed = 0;
  const settle = async (): Promise<void> => {
    for (const letter of letters) await refused.letter(letter);
    letters = [];
    if (!isFull) return;
    isFull = false;
    await out.flush();
  };
  /** Why it is no record; null where it is one. */
  const take = (line: RawLine): string | null => {
    if (line.isTooLong) return "it is too long";
    try {
      const trade = reader.trade(line.bytes);
      const isTaken = trade?.countsUp === true && filter.take?.(trade) === true;
      const record = isTaken ? null : (trade?.record() ?? reader.read(line.text));
      good++;
      if (record !== null) filter.step(record, emit);
      else if (!isTaken) passed++;
      return null;
    } catch (cause) {
      if (!(cause instanceof BadLine)) throw cause;
      return cause.message;
    }
  };
  try {
    for await (const some of linesOf(input)) {
      for (const line of some) {
        if (line.isBlank) continue;
        lines++;
        const why = take(line);
        if (why !== null) await refused.line(line, why);
        // Most lines cost no turn of the event loop.
        if (isFull || letters.length > 0) await settle();
      }
      await filter.settle?.(emit);
    }
  } finally {
    // Also after damaged input: what was read whole is worth its result.
    filter.end?.(emit);
    const settled = Promise.resolve(filter.settle?.(emit)).finally(() => filter.close?.());
    await settled.finally(settle).then(() => out.flush());
  }
  return { lines, good, passed };
}
