import { isoMicros } from "../../../core/messages/trade.ts";

const THOUSAND = 1_000;
const MINUTE_MS = 60_000;
const THREE_DIGITS = Array.from({ length: THOUSAND }, (_, i) => String(i).padStart(3, "0"));
const SECONDS = Array.from({ length: 60 }, (_, i) => `${String(i).padStart(2, "0")}.`);
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

/** Event ids of one symbol, as `eventId` makes them, for whole milliseconds: what a minute and a second add is made once. */
export class EventIds {
  private minute_ms = -1;
  private minuteText = "";
  private second_ms = -1;
  private secondText = "";

  constructor(
    private readonly provider: string,
    private readonly symbol: string,
  ) {}

  of(ts_ms: number, seq: string): string {
    let place = ts_ms - this.second_ms;
    if (this.second_ms < 0 || place < 0 || place >= THOUSAND) {
      this.second_ms = Math.floor(ts_ms / THOUSAND) * THOUSAND;
      this.secondText = this.textOf(this.second_ms);
      place = ts_ms - this.second_ms;
    }
    // Three parts are joined as cheaply as two.
    return this.secondText + MILLIS[place]! + seq;
  }

  private textOf(second_ms: number): string {
    let place = second_ms - this.minute_ms;
    if (this.minute_ms < 0 || place < 0 || place >= MINUTE_MS) {
      this.minute_ms = Math.floor(second_ms / MINUTE_MS) * MINUTE_MS;
      place = second_ms - this.minute_ms;
      const iso = isoMicros(this.minute_ms);
      this.minuteText = `${this.provider}|${this.symbol}|${iso.slice(0, iso.lastIndexOf(":") + 1)}`;
    }
    return this.minuteText + SECONDS[place / THOUSAND]!;
  }
}
