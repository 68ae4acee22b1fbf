import { createDetector } from "../../feeds/gaps/detect.ts";
import type { Item, Venue } from "../../feeds/venue.ts";

/** Of a recording only ids are judged: who recorded it may have had another clock. */
const ANY_TIME = { ahead_max_ms: Number.POSITIVE_INFINITY, old_max_ms: Number.POSITIVE_INFINITY };

/** Whether the trades of a recording are all there, where the venue's ids count up by one. */
export class Numbering {
  private readonly detector = createDetector(ANY_TIME);
  private missing = 0;
  private places = 0;
  private twice = 0;
  private restarts = 0;

  constructor(private readonly ids: Venue["trade_ids"]) {}

  /** A trade, or one that was refused: it has its place in the numbering too. */
  see(item: Item): void {
    if (this.ids !== "contiguous" || (item.kind !== "trade" && item.kind !== "rejected")) return;
    const { symbol, seq } = item;
    if (symbol === undefined || seq === undefined) return;
    const ts_ms = item.kind === "trade" ? item.ts_ms : item.recv_ms;
    for (const fault of this.detector.see(symbol, { first_seq: seq, last_seq: seq, ts_ms })) {
      if (fault.kind === "gap") {
        this.places++;
        this.missing += fault.to_seq - fault.from_seq + 1;
      } else if (fault.kind === "late") this.missing--;
      else if (fault.kind === "duplicate") this.twice++;
      else if (fault.kind === "restart") this.restarts++;
    }
  }

  /** In words; null when nothing is missing and nothing came twice. */
  summary(): string | null {
    const said: string[] = [];
    if (this.missing > 0) said.push(`${this.missing} trades are missing, by their ids, in ${this.places} places`);
    if (this.twice > 0) said.push(`${this.twice} trades came twice`);
    if (this.restarts > 0) said.push(`ids began anew ${this.restarts} times`);
    return said.length === 0 ? null : said.join("; ");
  }
}
