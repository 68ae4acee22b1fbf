import { isoMicros } from "../../../core/messages/trade.ts";

const THOUSAND = 1_000;
const THREE_DIGITS = Array.from({ length: THOUSAND }, (_, i) => String(i).padStart(3, "0"));
const MILLIS = THREE_DIGITS.map((ms) => `${ms}000Z|`);

/** Texts of ids that count up, as `String` makes them: all but the last three digits are made once in a thousand. */
export class CountedTexts {
  private from = -1;
  private text = "";

  of(id: number): string {
    const place = id - this.from;
    if (place >= 0 && place < THOUSAND && this.from >= 0) return this.text + THREE_DIGITS[place]!;
    if (id < THOUSAND) return String(id);
    const thousands = Math.floor(id / THOUSAND);
    this.from = thousands * THOUSAND;
    this.text = String(thousands);
    return this.text + THREE_DIGITS[id - this.from]!;
  }
}

/** Event ids of one symbol, as `eventId` makes them, for whole milliseconds: the second's text is made once a second. */
export class EventIds {
  /** Where the second begins. */
  private second_ms = -1;
  private secondText = "";
  private ms = -1;
  private msText = "";

  constructor(
    private readonly provider: string,
    private readonly symbol: string,
  ) {}

  of(ts_ms: number, seq: string): string {
    if (ts_ms !== this.ms) {
      let place = ts_ms - this.second_ms;
      if (this.second_ms < 0 || place < 0 || place >= THOUSAND) {
        this.second_ms = Math.floor(ts_ms / THOUSAND) * THOUSAND;
        place = ts_ms - this.second_ms;
        const iso = isoMicros(this.second_ms);
        this.secondText = `${this.provider}|${this.symbol}|${iso.slice(0, iso.indexOf(".") + 1)}`;
      }
      this.msText = this.secondText + MILLIS[place]!;
      this.ms = ts_ms;
    }
    return this.msText + seq;
  }
}
