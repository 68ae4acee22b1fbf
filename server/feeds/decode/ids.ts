import { isoMicros } from "../../../core/messages/trade.ts";

const THOUSAND = 1_000;
const THREE_DIGITS = Array.from({ length: THOUSAND }, (_, i) => String(i).padStart(3, "0"));
const MILLIS = THREE_DIGITS.map((ms) => `${ms}000Z|`);

/** Texts of ids that count up, as `String` makes them: all but the last three digits are made once in a thousand. */
export class CountedTexts {
  private thousands = -1;
  private text = "";

  of(id: number): string {
    if (id < THOUSAND) return String(id);
    const thousands = Math.floor(id / THOUSAND);
    if (thousands !== this.thousands) {
      this.thousands = thousands;
      this.text = String(thousands);
    }
    return this.text + THREE_DIGITS[id - thousands * THOUSAND]!;
  }
}

/** Event ids of one symbol, as `eventId` makes them, for whole milliseconds: the second's text is made once a second. */
export class EventIds {
  private second = -1;
  private secondText = "";
  private ms = -1;
  private msText = "";

  constructor(
    private readonly provider: string,
    private readonly symbol: string,
  ) {}

  of(ts_ms: number, seq: string): string {
    if (ts_ms !== this.ms) {
      const second = Math.floor(ts_ms / THOUSAND);
      if (second !== this.second) {
        const iso = isoMicros(second * THOUSAND);
        this.secondText = `${this.provider}|${this.symbol}|${iso.slice(0, iso.indexOf(".") + 1)}`;
        this.second = second;
      }
      this.msText = this.secondText + MILLIS[ts_ms - second * THOUSAND]!;
      this.ms = ts_ms;
    }
    return this.msText + seq;
  }
}
