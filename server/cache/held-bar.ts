import type { Bar } from "../../core/messages/index.ts";
import type { Position } from "../../core/ports/bus.ts";

/** What is held of a bar: its identity and the text it travelled in. */
export interface HeldBar {
  readonly start_ts_ms: number;
  readonly end_ts_ms: number;
  readonly revision: number;
  readonly trade_count: number;
  /** In `tape.bars`; −1 for a forming bar and for bars of a log that is gone. */
  readonly position: Position;
  readonly text: string;
}

/** With the text it came in; −1 as the position of a bar that came from the store. */
export const heldBar = (
  {
    start_ts_ms,
    end_ts_ms,
    revision,
    trade_count,
  }: Pick<Bar, "start_ts_ms" | "end_ts_ms" | "revision" | "trade_count">,
  position: Position,
  text: string,
): HeldBar => ({ start_ts_ms, end_ts_ms, revision, trade_count, position, text });
