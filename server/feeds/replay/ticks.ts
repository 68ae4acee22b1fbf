import { TapebellError } from "../../../core/errors.ts";
import type { MarketRecord } from "../../../core/messages/index.ts";
import type { StopSignal } from "../../../core/ports/signal.ts";
import { Decoding } from "../../cli/decode/decoding.ts";
import { type Line, linesOf, type RawLine } from "../../ndjson/lines.ts";
import { BadLine } from "../../ndjson/market-line.ts";
import { headerOf } from "../capture/recording.ts";
import { VENUES } from "../venues.ts";
import type { Bytes } from "./source.ts";
import { PLAYED, TickReader } from "./tick.ts";

export interface TickSink {
  /** A promise only where there is something to wait for: most records cost no turn of the event loop. */
  take(record: MarketRecord): void | Promise<void>;
  bad(line: Line, why: string): void | Promise<void>;
  /** After every piece of the input. */
  settle(): Promise<void>;
}

export interface TicksRead {
  lines: number;
  trades: number;
  /** Headers, and records that are of no use here. */
  passed: number;
}

type LineReader = (line: RawLine) => void | Promise<void>;

/**
 * Reads to the end, or as far as the source gives; then the error says why. `read` counts meanwhile. Lines of ticks and
 * trades, or, if its first line says so, a recording of a venue's frames.
 */
export async function readTicks(input: Bytes, sink: TickSink, read: TicksRead, signal: StopSignal): Promise<void> {
  let reader: LineReader | null = null;
  for await (const some of linesOf(input)) {
    for (const line of some) {
      if (signal.aborted) return;
      if (line.isBlank) continue;
      read.lines++;
      reader ??= await readerFor(line, sink, read);
      const waiting = reader(line);
      if (waiting !== undefined) await waiting;
    }
    await sink.settle();
  }
}

async function readerFor(first: Line, sink: TickSink, read: TicksRead): Promise<LineReader> {
  const header = headerOf(first.text);
  return header === null ? tickLines(sink, read) : await frameLines(header.venue, sink, read);
}

function tickLines(sink: TickSink, read: TicksRead): LineReader {
  const reader = new TickReader();
  return (line) => {
    try {
      if (line.isTooLong) throw new BadLine("it is too long");
      const taken = reader.trade(line.bytes) ?? reader.read(line.text);
      if (taken === null) {
        read.passed++;
        return;
      }
      if (taken.kind === "trade") read.trades++;
      return sink.take(taken);
    } catch (cause) {
      if (!(cause instanceof BadLine)) throw cause;
      return sink.bad(line, cause.message);
    }
  };
}

async function frameLines(venue: string, sink: TickSink, read: TicksRead): Promise<LineReader> {
  const load = Object.hasOwn(VENUES, venue) ? VENUES[venue] : undefined;
  if (load === undefined)
    throw new TapebellError(
      "outside",
      "unknown_venue",
      `it is a recording of ${venue}, which is no venue of this version`,
    );
  const said: MarketRecord[] = [];
  const decoding = new Decoding(
    await load(),
    {
      add(record) {
        const one = record as MarketRecord;
        if (PLAYED.has(one.kind)) said.push(one);
        else read.passed++;
        return false;
      },
      flush: async () => undefined,
    },
    {
      line: async (line, why) => sink.bad(line, why),
      letter: async ({ reason, detail, raw }) =>
        sink.bad({ number: read.lines, text: raw, isTooLong: false }, `${reason}: ${detail}`),
    },
  );
  return async (line) => {
    await decoding.take(line);
    for (const record of said.splice(0)) {
      if (record.kind === "trade") read.trades++;
      const waiting = sink.take(record);
      if (waiting !== undefined) await waiting;
    }
  };
}
