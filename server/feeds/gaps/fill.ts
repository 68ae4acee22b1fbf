import { type Gap, gapId, type MarketRecord, type Trade } from "../../../core/messages/index.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Rest, Venue, VenueSymbol } from "../venue.ts";
import type { Hole } from "./fill-ledger.ts";

export interface FillerOptions {
  readonly venue: Venue;
  readonly rest: Rest;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly venueSymbol: (symbol: string) => VenueSymbol | null;
  /** In order; a gap's trades come before the word that it is filled. */
  readonly emit: (records: readonly MarketRecord[]) => void;
}

const STREAM = "trade";
/** More than this is not fetched trade by trade: candles tell it. */
const TRADES_MAX = 10_000;
const WAITING_MAX = 500;
/** A venue that just came back may not know its newest trades yet. */
const WAITS_MS = [0, 2_000, 10_000, 30_000];

/** Says what is missing, asks the venue for it, and says how that ended: filled, or lost. One gap at a time. */
export class Filler {
  readonly counters = { gaps: 0, filled: 0, lost: 0, trades_filled: 0 };
  private waiting: Gap[] = [];
  private isAtWork = false;

  constructor(private readonly options: FillerOptions) {}

  get open(): number {
    return this.waiting.length + (this.isAtWork ? 1 : 0);
  }

  add(hole: Hole): void {
    const { venue, emit } = this.options;
    const gap: Gap = {
      kind: "gap",
      origin: "live",
      id: gapId(venue.id, hole.symbol, STREAM, hole.from_seq ?? hole.from_ms),
      revision: 0,
      provider: venue.id,
      stream: STREAM,
      status: "open",
      ...hole,
    };
    this.counters.gaps++;
    emit([gap]);
    this.fill(gap);
  }

  /** A gap that is open already, from an earlier run too. */
  fill(gap: Gap): void {
    if (!this.canBeAsked(gap)) {
      this.end(gap, [], false);
      return;
    }
    this.waiting.push(gap);
    void this.work();
  }

  private canBeAsked({ symbol, from_seq, to_seq }: Gap): boolean {
    const { venue, venueSymbol } = this.options;
    if (venue.rest === null || venueSymbol(symbol) === null || this.waiting.length >= WAITING_MAX) return false;
    const isCounted = venue.trade_ids === "contiguous" && from_seq !== null && to_seq !== null;
    return !isCounted || to_seq - from_seq - 1 <= TRADES_MAX;
  }

  private async work(): Promise<void> {
    if (this.isAtWork) return;
    this.isAtWork = true;
    for (;;) {
      const gap = this.waiting.shift();
      if (gap === undefined || this.options.signal.aborted) break;
      await this.fetch(gap);
    }
    this.isAtWork = false;
  }

  private async fetch(gap: Gap): Promise<void> {
    const { venue, rest, clock, signal, venueSymbol } = this.options;
    const symbol = venueSymbol(gap.symbol)!;
    let found: readonly Trade[] = [];
    for (const wait_ms of WAITS_MS) {
      await clock.sleep(wait_ms, signal);
      // It stays open on the log, and the next start takes it up.
      if (signal.aborted) return;
      try {
        const answer = await venue.rest!.trades(rest, symbol, gap);
        found = within(gap, answer.trades);
        if (answer.complete && this.isWhole(gap, found)) {
          this.end(gap, found, true);
          return;
        }
      } catch {
        // The next attempt, or the word "lost", is the answer to a venue that does not give one.
      }
    }
    if (!signal.aborted) this.end(gap, found, false);
  }

  private isWhole({ from_seq, to_seq }: Gap, trades: readonly Trade[]): boolean {
    if (this.options.venue.trade_ids !== "contiguous" || from_seq === null || to_seq === null) return true;
    return trades.length === Math.max(0, to_seq - from_seq - 1);
  }

  private end(gap: Gap, trades: readonly Trade[], isFilled: boolean): void {
    const recv_ms = this.options.clock.now();
    this.counters[isFilled ? "filled" : "lost"]++;
    this.counters.trades_filled += trades.length;
    const records: MarketRecord[] = trades.map((trade) => ({ ...trade, origin: "live", recv_ms, fill: gap.id }));
    records.push({ ...gap, revision: gap.revision + 1, status: isFilled ? "filled" : "lost" });
    this.options.emit(records);
  }
}

/** Only what is missing, once each, oldest first, whatever the venue answered. */
function within({ from_seq, to_seq, from_ms, to_ms }: Gap, trades: readonly Trade[]): Trade[] {
  const byId = new Map<string, Trade>();
  for (const trade of trades) {
    const isAfter = from_seq === null ? trade.ts_ms >= from_ms : trade.seq > from_seq;
    const isBefore = to_seq === null ? trade.ts_ms < to_ms : trade.seq < to_seq;
    if (isAfter && isBefore) byId.set(trade.event_id, trade);
  }
  return [...byId.values()].sort((a, b) => a.ts_ms - b.ts_ms || a.seq - b.seq);
}
