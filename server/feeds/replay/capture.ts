import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Bar } from "../../../core/messages/bar.ts";
import type { Bin } from "../../../core/messages/bin.ts";
import type { DeadLetter } from "../../../core/messages/dead-letter.ts";
import type { Gap } from "../../../core/messages/gap.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { endBars } from "../../../core/stages/bars/end.ts";
import { bars } from "../../../core/stages/bars/index.ts";
import { bins, endBins } from "../../../core/stages/bins.ts";
import { dedupe, isDuplicate } from "../../../core/stages/dedupe.ts";

const SYMBOLS_MAX = 100_000;

export interface CaptureOut {
  bin(bin: Bin): void;
  bar(bar: Bar): void;
  letter(letter: DeadLetter): void;
}

/** trades → dedupe → bins → bars of a second, as they go over the topics, without a bus between. */
export class Capture {
  private readonly known;
  private readonly bins;
  private readonly bars;
  private now_ms = 0;
  /** Ticks that were there before, by their ids. */
  duplicates = 0;

  constructor(
    settings: GraphSettings,
    private readonly out: CaptureOut,
  ) {
    const own = { ...settings, symbols_max: SYMBOLS_MAX, intervals: ["1s"], forming_ms: 0 };
    this.known = dedupe.init(own);
    this.bins = bins.init(own);
    this.bars = bars.init(own);
  }

  /** `now_ms`: which time it is in the recording. */
  take(trade: Trade, now_ms: number): void {
    this.now_ms = now_ms;
    if (isDuplicate(this.known, trade)) this.duplicates++;
    else bins.step(this.bins, trade, (out) => this.put(out));
  }

  /** The lateness is waived only where the source has ended: of one that broke off nobody knows what was still to come. */
  end(isWhole: boolean): void {
    endBins(this.bins, (out) => this.put(out));
    endBars(this.bars, (out) => {
      if (out.kind === "bar") this.state(isWhole ? out : { ...out, final: false, partial: true });
    });
  }

  private put(out: Bin | DeadLetter): void {
    if (out.kind === "dead_letter") {
      this.out.letter(out);
      return;
    }
    this.out.bin(out);
    bars.step(this.bars, out, (said: Bar | Gap | DeadLetter) => {
      if (said.kind === "bar") this.state(said);
      else if (said.kind === "dead_letter") this.out.letter(said);
    });
  }

  /** What is final went out at a time; what is not has no such time yet. */
  private state(bar: Bar): void {
    this.out.bar(bar.final ? { ...bar, ingest_ts_ms: Math.max(bar.end_ts_ms, this.now_ms) } : bar);
  }
}
