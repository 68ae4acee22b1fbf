import { type Bin, binId } from "../messages/bin.ts";
import type { DeadLetter } from "../messages/dead-letter.ts";
import type { MarketRecord } from "../messages/index.ts";
import type { Trade } from "../messages/trade.ts";
import type { Stage } from "../stage.ts";
import { type Acc, addBuy, addNotional, addVolume, emptyAcc, touch } from "./bars/acc.ts";
import { moveSeen, type SeenClock } from "./bars/clock.ts";
import { deadLetter } from "./bars/refuse.ts";
import type { BarsSettings } from "./bars/settings.ts";
import { emptyKeys, floorTo, type Keys, NONE } from "./bars/state.ts";
import { isUsable, place } from "./bars/trades.ts";
import { type BySymbol, bySymbol, find, put } from "./symbols.ts";

export type BinsSettings = Pick<
  BarsSettings,
  "bin_ms" | "late_ms" | "skew_max_ms" | "jump_ms" | "symbols_max" | "bars_max"
>;

interface OpenBin {
  start_ms: number;
  acc: Acc;
  keys: Keys;
}

interface SymbolBins extends SeenClock {
  symbol: string;
  provider: string;
  /** Bins that end by then have been sent. */
  sent_to_ms: number;
  /** By start. */
  open: OpenBin[];
}

export interface BinsState {
  settings: BinsSettings;
  symbols: BySymbol<SymbolBins>;
}

type Out = Bin | DeadLetter;

/** Trades → bins of a few milliseconds, sent once, when their end is `late_ms` behind. */
export const bins: Stage<BinsState, MarketRecord, Out, BinsSettings> = {
  version: 2,
  init: (settings) => ({ settings, symbols: bySymbol() }),
  step(state, record, emit) {
    if (record.kind === "trade") {
      const refused = takeTrade(state, record, emit);
      if (refused !== null) emit(deadLetter("bins", record, ...refused));
    } else if (record.kind === "heartbeat" && record.reason !== "silence") {
      for (const s of Object.values(state.symbols.of)) {
        if (s.provider !== record.provider || record.ts_ms <= s.due_ms) continue;
        s.due_ms = record.ts_ms;
        send(state, s, s.due_ms - state.settings.late_ms, emit);
      }
    }
  },
};

/** The input has ended: every open bin goes out. */
export function endBins(state: BinsState, emit: (out: Out) => void): void {
  const all = Object.values(state.symbols.of);
  const newest_ms = all.reduce((newest, s) => Math.max(newest, s.due_ms, s.jump_ms), NONE);
  for (const s of all) {
    s.due_ms = newest_ms;
    send(state, s, Number.POSITIVE_INFINITY, emit);
  }
}

/** Why it enters no bin, and the detail; null if it does. */
function takeTrade(state: BinsState, trade: Trade, emit: (out: Out) => void): readonly [string, string] | null {
  const { settings } = state;
  const { ts_ms, recv_ms } = trade;
  if (!isUsable(trade)) return ["invalid", "price, size or time is out of bounds"];
  if (recv_ms !== undefined && ts_ms > recv_ms + settings.skew_max_ms) {
    return ["future", `${ts_ms - recv_ms} ms ahead of its receive time`];
  }
  const s = find(state.symbols, trade.symbol) ?? newSymbol(state, trade.symbol);
  if (s === null) return ["too_many", `${settings.symbols_max} symbols are known already`];
  const isFill = trade.fill !== undefined;
  const behind_ms = isFill ? 0 : Math.max(0, s.seen_ms - ts_ms);
  if (behind_ms > settings.late_ms) return ["late", `${behind_ms} ms behind the newest trade`];
  const start_ms = floorTo(ts_ms, settings.bin_ms);
  if (start_ms + settings.bin_ms <= s.sent_to_ms) return ["too_old", "its bin has been sent"];
  const bin = binAt(s, start_ms, settings.bars_max);
  if (bin === null) return ["too_many", `${settings.bars_max} bins are open already`];
  add(bin, trade, behind_ms);
  s.provider = trade.provider;
  if (!isFill) moveSeen(s, trade, settings.jump_ms);
  if (s.due_ms !== NONE) send(state, s, s.due_ms - settings.late_ms, emit);
  return null;
}

function newSymbol(state: BinsState, symbol: string): SymbolBins | null {
  if (state.symbols.count >= state.settings.symbols_max) return null;
  return put(state.symbols, symbol, {
    symbol,
    provider: "",
    seen_ms: NONE,
    jump_ms: NONE,
    due_ms: NONE,
    sent_to_ms: NONE,
    open: [],
  });
}

function binAt(s: SymbolBins, start_ms: number, max: number): OpenBin | null {
  let index = s.open.length;
  while (index > 0 && s.open[index - 1]!.start_ms > start_ms) index--;
  const known = s.open[index - 1];
  if (known?.start_ms === start_ms) return known;
  if (s.open.length >= max) return null;
  const made = { start_ms, acc: emptyAcc(), keys: emptyKeys() };
  s.open.splice(index, 0, made);
  return made;
}

function add({ acc, keys }: OpenBin, trade: Trade, late_ms: number): void {
  const { price, size, ts_ms } = trade;
  place(acc, keys, price, price, price, price, ts_ms, trade.seq);
  addVolume(acc, size);
  addNotional(acc, price * size);
  if (trade.side === "buy") addBuy(acc, size);
  acc.trades++;
  acc.last_ts_ms = Math.max(acc.last_ts_ms, ts_ms);
  acc.late_ms = Math.max(acc.late_ms, late_ms);
  touch(acc, trade.provider, trade.origin);
}

/** Sends what has ended by a time, oldest first. */
function send(state: BinsState, s: SymbolBins, limit_ms: number, emit: (out: Out) => void): void {
  const { bin_ms, late_ms } = state.settings;
  let sent = 0;
  while (sent < s.open.length && s.open[sent]!.start_ms + bin_ms <= limit_ms) sent++;
  const ready = s.open.splice(0, sent);
  for (let i = 0; i < ready.length; i++) {
    const { start_ms, acc } = ready[i]!;
    const next = ready[i + 1];
    // While more of the same moment follow, each vouches only for what is before the next.
    const watermark_ms = next === undefined ? s.due_ms : Math.min(s.due_ms, next.start_ms + late_ms);
    emit(binOf(s.symbol, start_ms, bin_ms, acc, watermark_ms));
  }
  if (limit_ms !== Number.POSITIVE_INFINITY) s.sent_to_ms = Math.max(s.sent_to_ms, limit_ms);
}

function binOf(symbol: string, start_ms: number, bin_ms: number, acc: Acc, watermark_ms: number): Bin {
  return {
    kind: "bin",
    ...(acc.origin === "" ? {} : { origin: acc.origin }),
    bin_id: binId(symbol, start_ms),
    symbol,
    provider: acc.provider,
    start_ts_ms: start_ms,
    end_ts_ms: start_ms + bin_ms,
    open: acc.open,
    high: acc.high,
    low: acc.low,
    close: acc.close,
    volume: acc.volume + acc.volume_c,
    notional: acc.notional + acc.notional_c,
    trade_count: acc.trades,
    buy_volume: acc.buy + acc.buy_c,
    max_late_ms: acc.late_ms,
    last_ts_ms: acc.last_ts_ms,
    watermark_ms,
  };
}
