import { type Bar, barId, INTERVALS, intervalMs, type MarketRecord, type Trade } from "../../core/messages/index.ts";

/**
 * The obviously right answer, written without a look at how the stages do it: all trades of a log that count, sorted, and
 * a loop over each interval. It keeps everything and knows no clock but the highest event time so far.
 */
export interface OracleBar {
  readonly bar_id: string;
  readonly symbol: string;
  readonly interval: string;
  readonly start_ts_ms: number;
  readonly end_ts_ms: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly notional: number;
  readonly trade_count: number;
  readonly bin_count: number;
  readonly buy_volume: number;
  readonly max_late_ms: number;
  readonly last_ts_ms: number;
  /** Several, where a failover lies inside. */
  readonly providers: readonly string[];
}

export type Verdict = "counts" | "duplicate" | "invalid" | "future" | "unrouted" | "late" | "too_old";

export interface Judged {
  readonly trade: Trade;
  readonly verdict: Verdict;
  readonly late_ms: number;
  /** The highest event time of the log before it. */
  readonly newest_ms: number;
}

const LATE_MS = 500;
const SKEW_MS = 5_000;
const AHEAD_MS = 1_000;

interface Route {
  readonly now: string;
  readonly before: string | null;
  readonly from_ms: number;
}

/** Says of every trade of one partition's log what becomes of it. `tooOld` are those the pipeline refused as such. */
export function judge(log: readonly (MarketRecord | undefined)[], tooOld: ReadonlySet<string>): Judged[] {
  const ids = new Set<string>();
  const newest = new Map<string, number>();
  const routes = new Map<string, Route>();
  const judged: Judged[] = [];
  let newest_ms = 0;
  for (const record of log) {
    if (record?.kind === "route") {
      const known = routes.get(record.symbol);
      if (known !== undefined && known.now !== record.provider) newest.delete(record.symbol);
      if (known?.now !== record.provider) {
        const from_ms = known === undefined ? 0 : record.from_ms;
        routes.set(record.symbol, { now: record.provider, before: known?.now ?? null, from_ms });
      }
    }
    if (record?.kind === "heartbeat") newest_ms = Math.max(newest_ms, record.ts_ms);
    if (record?.kind !== "trade") continue;
    const seen_ms = newest.get(record.symbol) ?? 0;
    const late_ms = record.fill === undefined ? Math.max(0, seen_ms - record.ts_ms) : 0;
    const verdict = verdictOf(record, { ids, route: routes.get(record.symbol), late_ms, tooOld });
    judged.push({ trade: record, verdict, late_ms, newest_ms });
    ids.add(record.event_id);
    if (verdict !== "counts") continue;
    newest_ms = Math.max(newest_ms, record.ts_ms);
    if (record.fill !== undefined) continue;
    const ts_ms = Math.min(record.ts_ms, (record.recv_ms ?? Number.POSITIVE_INFINITY) + AHEAD_MS);
    newest.set(record.symbol, Math.max(seen_ms, ts_ms));
  }
  return judged;
}

function verdictOf(
  trade: Trade,
  known: { ids: ReadonlySet<string>; route: Route | undefined; late_ms: number; tooOld: ReadonlySet<string> },
): Verdict {
  const { price, size, ts_ms, recv_ms, provider } = trade;
  if (known.ids.has(trade.event_id)) return "duplicate";
  if (!(price > 0 && price <= 1e15 && size >= 0)) return "invalid";
  if (recv_ms !== undefined && ts_ms - recv_ms > SKEW_MS) return "future";
  if (known.route !== undefined) {
    const { now, before, from_ms } = known.route;
    const isOurs = provider === now ? ts_ms >= from_ms : provider === before && ts_ms < from_ms;
    if (!isOurs) return "unrouted";
  }
  if (known.late_ms > LATE_MS) return "late";
  return known.tooOld.has(trade.event_id) ? "too_old" : "counts";
}

/** A trade, or a minute of the history, which comes before all trades. */
interface Piece {
  readonly ts_ms: number;
  readonly seq: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly notional: number;
  readonly buy: number;
  readonly trades: number;
  readonly late_ms: number;
  readonly provider: string;
  readonly isHistory: boolean;
}

function pieceOf({ trade, late_ms }: Judged): Piece {
  const { ts_ms, seq, price, size, side, provider } = trade;
  const prices = { open: price, high: price, low: price, close: price };
  const sums = { volume: size, notional: price * size, buy: side === "buy" ? size : 0, trades: 1 };
  return { ts_ms, seq, ...prices, ...sums, late_ms, provider, isHistory: false };
}

const pieceOfMinute = (bar: Bar): Piece => ({
  ts_ms: bar.start_ts_ms,
  seq: 0,
  open: bar.open,
  high: bar.high,
  low: bar.low,
  close: bar.close,
  volume: bar.volume,
  notional: bar.notional,
  buy: bar.buy_volume,
  trades: bar.trade_count,
  late_ms: bar.max_late_ms,
  provider: bar.provider,
  isHistory: true,
});

/** Every bar of one partition's log that holds anything. */
export function oracleBars(log: readonly (MarketRecord | undefined)[], judged: readonly Judged[]): OracleBar[] {
  const bySymbol = new Map<string, Piece[]>();
  const add = (symbol: string, piece: Piece): void => {
    const pieces = bySymbol.get(symbol);
    if (pieces === undefined) bySymbol.set(symbol, [piece]);
    else pieces.push(piece);
  };
  const minutes = new Map<string, Bar>();
  for (const record of log) if (record?.kind === "bar") minutes.set(record.bar_id, record);
  for (const bar of minutes.values()) add(bar.symbol, pieceOfMinute(bar));
  for (const one of judged) if (one.verdict === "counts") add(one.trade.symbol, pieceOf(one));
  const bars: OracleBar[] = [];
  for (const [symbol, pieces] of bySymbol) {
    // Array.sort is stable: what arrived first stays first among equals.
    pieces.sort((a, b) => a.ts_ms - b.ts_ms || a.seq - b.seq);
    for (const interval of INTERVALS) bars.push(...barsOf(symbol, interval, pieces));
  }
  return bars;
}

function barsOf(symbol: string, interval: string, pieces: readonly Piece[]): OracleBar[] {
  const ms = intervalMs(interval)!;
  const groups = new Map<number, Piece[]>();
  for (const piece of pieces) {
    if (piece.isHistory && ms < 60_000) continue;
    const start = Math.floor(piece.ts_ms / ms) * ms;
    const group = groups.get(start);
    if (group === undefined) groups.set(start, [piece]);
    else group.push(piece);
  }
  return [...groups].map(([start_ts_ms, group]) => {
    const sum = (of: (piece: Piece) => number): number => group.reduce((total, piece) => total + of(piece), 0);
    const own = group.filter((piece) => !piece.isHistory);
    return {
      bar_id: barId(symbol, start_ts_ms, interval),
      symbol,
      interval,
      start_ts_ms,
      end_ts_ms: start_ts_ms + ms,
      open: group[0]!.open,
      high: Math.max(...group.map((piece) => piece.high)),
      low: Math.min(...group.map((piece) => piece.low)),
      close: group[group.length - 1]!.close,
      volume: sum((piece) => piece.volume),
      notional: sum((piece) => piece.notional),
      trade_count: sum((piece) => piece.trades),
      bin_count: new Set(own.map((piece) => Math.floor(piece.ts_ms / 10))).size + (group.length - own.length),
      buy_volume: sum((piece) => piece.buy),
      max_late_ms: Math.max(...group.map((piece) => piece.late_ms)),
      last_ts_ms: Math.max(0, ...own.map((piece) => piece.ts_ms)),
      providers: [...new Set(group.map((piece) => piece.provider))],
    };
  });
}
