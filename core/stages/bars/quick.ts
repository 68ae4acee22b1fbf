import type { Bin } from "../../messages/bin.ts";
import type { MarketRecord } from "../../messages/index.ts";
import type { Trade } from "../../messages/trade.ts";
import { type DedupeState, isDuplicate, knownSource, type Run, type Source } from "../dedupe.ts";
import { find } from "../symbols.ts";
import { type Acc, isEmpty } from "./acc.ts";
import { type BarsOut, bars } from "./index.ts";
import { type BarsState, type Keys, NONE, type Node, type SymbolBars } from "./state.ts";
import { addTo, type Counted, isUsable, takesTrades } from "./trades.ts";

/** A trade whose ids count up: `seq` is its id. */
export type QuickTrade = Counted & Pick<Trade, "symbol" | "recv_ms">;

/**
 * What the next trade of a symbol touches, together: the sums of its open bar, and the clock and the newest id as they are
 * by now. The state learns of these when somebody looks.
 */
interface Open {
  readonly provider: string;
  readonly start_ms: number;
  readonly acc: Acc;
  readonly keys: Keys;
  /** The bar before it, which late trades enter as long as it is not out. */
  readonly before: Node | null;
  next_seq: number;
  seen_ms: number;
  due_ms: number;
  /** When something else comes of a trade. */
  readonly wake_ms: number;
  isAhead: boolean;
  readonly s: SymbolBars;
  readonly source: Source;
  readonly run: Run;
}

/**
 * dedupe → bars for many trades at once. What is plain (the next id, into the open bar, nothing due) needs no record and
 * no looking up; all else goes the way of a record. Both leave the same state, to the last bit (`quick.test.ts`).
 */
export class QuickBars {
  private readonly open = new Map<string, Open>();
  private readonly ms: number;
  private readonly late_ms: number;
  private readonly jump_ms: number;
  private readonly skew_max_ms: number;
  private readonly bin_ms: number;
  private readonly isOfTrades: boolean;

  constructor(
    private readonly dedupe: DedupeState,
    private readonly bars: BarsState,
  ) {
    this.ms = bars.plan.levels[0]!.ms;
    const { late_ms, jump_ms, skew_max_ms, bin_ms } = bars.settings;
    this.late_ms = late_ms;
    this.jump_ms = jump_ms > 0 ? jump_ms : Number.POSITIVE_INFINITY;
    this.skew_max_ms = skew_max_ms;
    this.bin_ms = bin_ms;
    this.isOfTrades = takesTrades(bars.settings);
  }

  /** True: it is counted, or was there before. False: nothing has changed, `step` wants it as a record. */
  take(trade: QuickTrade, recv_ms = trade.recv_ms): boolean {
    const open = this.open.get(trade.symbol) ?? this.find(trade);
    if (open === null || !isUsable(trade) || trade.provider !== open.provider) return false;
    const { ts_ms, seq } = trade;
    const { seen_ms } = open;
    if (seq !== open.next_seq) {
      if (seq < open.run.from || seq > open.next_seq || ts_ms > seen_ms) return false;
      this.dedupe.duplicates++;
      return true;
    }
    let { acc, keys } = open;
    let at_ms = ts_ms - open.start_ms;
    if (at_ms < 0 && open.before !== null) {
      acc = open.before.acc;
      keys = open.before.keys!;
      at_ms = ts_ms - open.before.start_ms;
    }
    if (at_ms < 0 || at_ms >= this.ms) return false;
    const behind_ms = seen_ms - ts_ms;
    if (behind_ms > this.late_ms) return false;
    if (recv_ms === undefined) {
      if (-behind_ms > this.jump_ms) return false;
    } else if (ts_ms > recv_ms || open.due_ms > recv_ms + this.skew_max_ms) return false;
    if (open.due_ms >= open.wake_ms || ts_ms >= open.wake_ms) return false;
    addTo(acc, keys, trade, Math.max(behind_ms, 0), Math.floor(at_ms / this.bin_ms));
    if (behind_ms < 0) {
      open.seen_ms = ts_ms;
      if (ts_ms > open.due_ms) open.due_ms = ts_ms;
    }
    open.next_seq = seq + 1;
    open.isAhead = true;
    this.bars.counts.trades++;
    return true;
  }

  step(record: MarketRecord | Bin, emit: (out: BarsOut) => void): void {
    if (record.kind !== "trade") this.leaveAll();
    else {
      const { symbol } = record;
      // A new symbol may push out others.
      const isKnown = find(this.bars.symbols, symbol) !== undefined && find(this.dedupe.symbols, symbol) !== undefined;
      if (isKnown) this.leave(symbol);
      else this.leaveAll();
      if (isDuplicate(this.dedupe, record)) {
        this.dedupe.duplicates++;
        return;
      }
    }
    bars.step(this.bars, record, emit);
  }

  /** Whoever looks at the state next finds it whole. */
  leaveAll(): void {
    for (const symbol of this.open.keys()) this.leave(symbol);
  }

  private leave(symbol: string): void {
    const open = this.open.get(symbol);
    if (open === undefined) return;
    this.open.delete(symbol);
    if (!open.isAhead) return;
    const { s, source, run, seen_ms, due_ms, next_seq } = open;
    s.seen_ms = seen_ms;
    s.due_ms = due_ms;
    s.sure_ms = due_ms;
    s.changed = true;
    source.seen_ms = seen_ms;
    source.due_ms = Math.max(source.due_ms, seen_ms);
    run.to = next_seq - 1;
    run.at_ms = seen_ms;
  }

  /** Null: its next trade is no plain one, whatever it says. */
  private find({ symbol, provider }: QuickTrade): Open | null {
    const s = find(this.bars.symbols, symbol);
    const source = knownSource(this.dedupe, symbol, provider);
    if (!this.isOfTrades || s === undefined || source === undefined) return null;
    const { nodes } = s.levels[0]!;
    const leaf = nodes.at(-1);
    const before = nodes.at(-2);
    const run = source.runs.at(-1);
    if (leaf === undefined || run === undefined || !isOpen(leaf)) return null;
    const isRouted =
      s.route === null || (s.route.provider === provider && s.route.from_ms <= (before ?? leaf).start_ms);
    const isOne = s.provider === provider && s.traded && !s.silent;
    const isInStep = s.seen_ms === source.seen_ms && s.jump_ms === NONE && source.jump_ms === NONE;
    if (!isRouted || !isOne || !isInStep || s.seen_ms === NONE) return null;
    const open = {
      provider,
      start_ms: leaf.start_ms,
      acc: leaf.acc,
      keys: leaf.keys!,
      before: before !== undefined && isOpen(before) ? before : null,
      next_seq: run.to + 1,
      seen_ms: s.seen_ms,
      due_ms: s.due_ms,
      wake_ms: Math.min(s.wake_ms, s.form_at_ms),
      isAhead: false,
      s,
      source,
      run,
    };
    this.open.set(symbol, open);
    return open;
  }
}

/** Trades made it, and it is not out. */
const isOpen = ({ said, acc }: Node): boolean => said === null && !isEmpty(acc) && acc.source === "";
