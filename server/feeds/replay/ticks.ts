import type { Trade } from "../../../core/messages/trade.ts";
import type { StopSignal } from "../../../core/ports/signal.ts";
import { type Line, linesOf } from "../../cli/io/lines.ts";
import { BadLine } from "../../cli/io/market-line.ts";
import type { Bytes } from "./source.ts";
import { TickReader } from "./tick.ts";

export interface TickSink {
  /** A promise only where there is something to wait for: most ticks cost no turn of the event loop. */
  trade(trade: Trade): void | Promise<void>;
  bad(line: Line, why: string): void | Promise<void>;
  /** After every piece of the input. */
  settle(): Promise<void>;
}

export interface TicksRead {
  lines: number;
  trades: number;
  /** Headers, and records that are no trades. */
  passed: number;
}

/** Reads to the end, or as far as the source gives; then the error says why. `read` counts meanwhile. */
export async function readTicks(input: Bytes, sink: TickSink, read: TicksRead, signal: StopSignal): Promise<void> {
  const reader = new TickReader();
  const trade = (line: Line): Trade | null => {
    if (line.isTooLong) throw new BadLine("it is too long");
    return reader.read(line.text);
  };
  for await (const some of linesOf(input)) {
    for (const line of some) {
      if (signal.aborted) return;
      if (line.text.trim() === "" && !line.isTooLong) continue;
      read.lines++;
      let taken: Trade | null;
      try {
        taken = trade(line);
      } catch (cause) {
        if (!(cause instanceof BadLine)) throw cause;
        const waiting = sink.bad(line, cause.message);
        if (waiting !== undefined) await waiting;
        continue;
      }
      if (taken === null) {
        read.passed++;
        continue;
      }
      read.trades++;
      const waiting = sink.trade(taken);
      if (waiting !== undefined) await waiting;
    }
    await sink.settle();
  }
}
