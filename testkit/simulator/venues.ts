import { type Bar, barId, eventId, type Trade } from "../../core/messages/index.ts";
import { Random } from "./random.ts";

export const ORIGIN = "synthetic";
/** Shortly before midnight UTC, so that bars of every length end within the run. */
export const START_MS = Date.UTC(2026, 2, 14, 23, 57, 30);
const MINUTE_MS = 60_000;
const HISTORY_MINUTES = 12;

interface Coin {
  readonly symbol: string;
  readonly anchor: number;
  /** Prices are whole multiples of 1/tick, sizes of 1/64: sums of either are exact, whatever the order. */
  readonly tick: number;
  readonly perSecond: number;
  /** Ids that do not count up. */
  readonly textIds: boolean;
}
const COINS: readonly Coin[] = [
  { symbol: "BTCUSDT", anchor: 68_000, tick: 4, perSecond: 3, textIds: false },
  { symbol: "ETHUSDT", anchor: 3_500, tick: 16, perSecond: 2, textIds: false },
  { symbol: "SOLUSDT", anchor: 170, tick: 256, perSecond: 1.5, textIds: true },
  { symbol: "XRPUSDT", anchor: 0.62, tick: 65_536, perSecond: 1, textIds: false },
  { symbol: "DOGEUSDT", anchor: 0.16, tick: 65_536, perSecond: 0.7, textIds: false },
  { symbol: "LINKUSDT", anchor: 15, tick: 1_024, perSecond: 0.5, textIds: true },
  // A name from outside may be anything.
  { symbol: "constructor", anchor: 6, tick: 4_096, perSecond: 0.1, textIds: false },
];
/** Has two providers; the run may change from one to the other. */
export const FAILOVER = "XRPUSDT";

interface Move {
  readonly symbols: readonly string[];
  readonly at_ms: number;
  readonly log: number;
}

const RAMP_MS = 5_000;
const HOLD_MS = 12_000;
const BACK_MS = 15_000;

function shift({ at_ms, log }: Move, ts_ms: number): number {
  const t = ts_ms - at_ms;
  if (t <= 0 || t >= RAMP_MS + HOLD_MS + BACK_MS) return 0;
  if (t < RAMP_MS) return (log * t) / RAMP_MS;
  if (t < RAMP_MS + HOLD_MS) return log;
  return log * (1 - (t - RAMP_MS - HOLD_MS) / BACK_MS);
}

/** What happens on the venues, without any trouble on the way to us. */
export function trades(seed: number, seconds: number): Trade[] {
  const random = new Random(seed, "trades");
  const end_ms = START_MS + seconds * 1_000;
  const moves: Move[] = Array.from({ length: random.between(2, 5) }, () => ({
    symbols: [random.pick(COINS).symbol],
    at_ms: START_MS + random.between(20_000, seconds * 1_000 - 40_000),
    log: random.pick([1, -1]) * (0.055 + 0.08 * random.next()),
  }));
  if (random.chance(0.6)) {
    const at_ms = START_MS + random.between(30_000, seconds * 1_000 - 50_000);
    moves.push({ symbols: COINS.slice(0, 6).map((coin) => coin.symbol), at_ms, log: random.pick([-0.075, 0.08]) });
  }
  const made: Trade[] = [];
  for (const coin of COINS) {
    const own = moves.filter((move) => move.symbols.includes(coin.symbol));
    let walk = 0;
    let seq = random.between(1_000, 9_000);
    for (let ts_ms = START_MS; ; ) {
      const isRamp = own.some((move) => ts_ms >= move.at_ms && ts_ms < move.at_ms + RAMP_MS);
      const isAfter = own.some((move) => ts_ms >= move.at_ms && ts_ms < move.at_ms + RAMP_MS + HOLD_MS + BACK_MS);
      const perSecond = coin.perSecond * (isRamp ? 8 : 1) + (isRamp ? 6 : isAfter ? 2 : 0);
      ts_ms += Math.max(1, Math.floor((-Math.log(1 - random.next()) * 1_000) / perSecond));
      if (ts_ms >= end_ms) break;
      walk += 0.0004 * (random.next() + random.next() - 1);
      const isBadPrint = random.chance(0.001);
      const log = own.reduce((sum, move) => sum + shift(move, ts_ms), walk) + (isBadPrint ? -0.2 : 0);
      const price = Math.max(1, Math.round(coin.anchor * Math.exp(log) * coin.tick)) / coin.tick;
      const size = random.between(1, 64) * (isRamp ? 16 : 1) * (1 / 64);
      const isUp = own.some((move) => move.log > 0 && ts_ms >= move.at_ms && ts_ms < move.at_ms + RAMP_MS);
      seq++;
      const time = { ts_ms, recv_ms: ts_ms };
      made.push(trade(coin, "alpha", time, price, size, random.chance(isUp ? 0.9 : isRamp ? 0.1 : 0.5), seq));
      if (coin.symbol === FAILOVER) made.push(trade(coin, "beta", time, price, size / 2, random.chance(0.5), seq + 7));
    }
  }
  return made.sort((a, b) => a.ts_ms - b.ts_ms);
}

function trade(
  { symbol, textIds }: Coin,
  provider: string,
  { ts_ms, recv_ms }: { ts_ms: number; recv_ms: number },
  price: number,
  size: number,
  isBuy: boolean,
  seq: number,
): Trade {
  return {
    ver: 1,
    kind: "trade",
    origin: ORIGIN,
    provider,
    symbol,
    ts_ms,
    recv_ms,
    price,
    size,
    side: isBuy ? "buy" : "sell",
    trade_id: textIds ? `t-${seq}` : String(seq),
    seq,
    event_id: eventId(provider, symbol, ts_ms, seq),
  };
}

/** Minutes before the first trade, as a venue's REST interface has them. */
export function history(seed: number): Bar[] {
  const random = new Random(seed, "history");
  const last_ms = Math.floor(START_MS / MINUTE_MS) * MINUTE_MS;
  const bars: Bar[] = [];
  for (let start_ts_ms = last_ms - HISTORY_MINUTES * MINUTE_MS; start_ts_ms < last_ms; start_ts_ms += MINUTE_MS) {
    for (const { symbol, anchor, tick } of COINS) {
      const base = Math.round(anchor * tick);
      const [low, open, close, high] = [0, random.below(3), random.below(3), 3].map((up) => (base + up) / tick);
      const trade_count = random.between(1, 200);
      const volume = trade_count / 64;
      bars.push({
        kind: "bar",
        origin: "venue",
        bar_id: barId(symbol, start_ts_ms, "1m"),
        revision: 0,
        symbol,
        provider: "alpha",
        interval: "1m",
        start_ts_ms,
        end_ts_ms: start_ts_ms + MINUTE_MS,
        open: open!,
        high: high!,
        low: low!,
        close: close!,
        volume,
        notional: volume * low!,
        vwap: low!,
        trade_count,
        bin_count: 1,
        buy_volume: volume / 2,
        max_late_ms: 0,
        final: true,
        partial: false,
      });
    }
  }
  return bars;
}
