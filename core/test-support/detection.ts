import type { Bar, Candidate, Trade } from "../messages/index.ts";
import { barId } from "../messages/index.ts";
import { type AdaptiveSettings, adaptive } from "../stages/anomalies/index.ts";
import { randomOf } from "./random.ts";

/** Trades of one symbol around a pump that was announced. */
export interface Event {
  readonly file: string;
  readonly symbol: string;
  readonly announced_ms: number;
  readonly peak_ms: number;
  /** False: it rose by less than 10 %, and nobody need find it. */
  readonly visible: boolean;
}
export type Tapes = ReadonlyMap<Event, readonly Trade[]>;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const BEFORE_MS = 900_000;
const AFTER_MS = HOUR_MS;

/** What detection says of a tape. */
export function candidates(input: readonly (Trade | Bar)[], settings: AdaptiveSettings): Candidate[] {
  const state = adaptive.init({ ...settings, nearest_ms: 0 });
  const out: Candidate[] = [];
  for (const record of input)
    adaptive.step(state, record, (said) => {
      if (said.kind === "candidate") out.push(said);
    });
  return out;
}

/** Statements that could make a phone ring: alerts and escalations, each counted. */
export const pushes = (said: readonly Candidate[]): Candidate[] =>
  said.filter((c) => c.severity !== "notice" && c.state !== "over" && c.would_have !== true);

/** First buy print ≥ 2.5 % over the price 60 s before, from 60 s before the announcement on. */
export function firstBigBuy(input: readonly Trade[], announced_ms: number): number | null {
  let back = 0;
  for (const trade of input) {
    while (input[back + 1] !== undefined && input[back + 1]!.ts_ms <= trade.ts_ms - MINUTE_MS) back++;
    if (trade.ts_ms < announced_ms - MINUTE_MS || trade.side !== "buy") continue;
    if (trade.price >= input[back]!.price * 1.025) return trade.ts_ms;
    if (trade.ts_ms > announced_ms + 600_000) return null;
  }
  return null;
}

const isAround = (ts_ms: number, { announced_ms }: Event): boolean =>
  ts_ms >= announced_ms - BEFORE_MS && ts_ms <= announced_ms + AFTER_MS;

export interface Measured {
  readonly found: number;
  readonly missed: readonly string[];
  readonly after_peak: readonly string[];
  /** Seconds from the first big buy to the alert, sorted. */
  readonly delays_s: readonly number[];
  /** Pushes far from any label, escalations counted, and the days they came in. */
  readonly outside: number;
  readonly days: number;
}

/** `before`: what the symbol is known by when the tape begins. */
export function measure(
  tapes: Tapes,
  settings: AdaptiveSettings,
  before: (event: Event, tape: readonly Trade[]) => readonly Bar[] = () => [],
): Measured {
  const missed: string[] = [];
  const after_peak: string[] = [];
  const delays_s: number[] = [];
  let [found, outside, days] = [0, 0, 0];
  for (const [event, tape] of tapes) {
    const { announced_ms: at } = event;
    const said = pushes(candidates([...before(event, tape), ...tape], settings));
    days += (tape.at(-1)!.ts_ms - tape[0]!.ts_ms) / DAY_MS;
    outside += said.filter((c) => !isAround(c.updated_ms, event)).length;
    if (!event.visible) continue;
    const first = said.find(
      (c) => c.direction === "up" && c.updated_ms >= at - MINUTE_MS && c.updated_ms <= at + 600_000,
    );
    if (first === undefined) {
      missed.push(event.file);
      continue;
    }
    found++;
    if (first.updated_ms > event.peak_ms) after_peak.push(event.file);
    const began_ms = firstBigBuy(tape, at);
    if (began_ms !== null) delays_s.push((first.updated_ms - began_ms) / 1_000);
  }
  return { found, missed, after_peak, delays_s: delays_s.sort((a, b) => a - b), outside, days };
}

export const median = (sorted: readonly number[]): number => sorted[sorted.length >> 1] ?? Number.NaN;

/** Each tape from so many hours before its announcement on. */
export const cut = (tapes: Tapes, hours: number): Tapes =>
  new Map([...tapes].map(([e, tape]) => [e, tape.filter((t) => t.ts_ms >= e.announced_ms - hours * HOUR_MS)]));

/** The candles a venue would have given for the 24 h before `until_ms`. */
export function minutesBefore(tape: readonly Trade[], until_ms: number): Bar[] {
  const minutes = new Map<number, Bar>();
  const end_ms = Math.floor(until_ms / MINUTE_MS) * MINUTE_MS;
  for (const { ts_ms, price, size, side, symbol, provider } of tape) {
    if (ts_ms < end_ms - DAY_MS || ts_ms >= end_ms) continue;
    const start_ts_ms = Math.floor(ts_ms / MINUTE_MS) * MINUTE_MS;
    const bar = minutes.get(start_ts_ms);
    const bought = side === "buy" ? size : 0;
    if (bar === undefined) {
      const same = { open: price, high: price, low: price, close: price, vwap: price };
      minutes.set(start_ts_ms, {
        kind: "bar",
        bar_id: barId(symbol, start_ts_ms, "1m"),
        revision: 0,
        symbol,
        provider,
        interval: "1m",
        start_ts_ms,
        end_ts_ms: start_ts_ms + MINUTE_MS,
        ...same,
        volume: size,
        notional: size * price,
        trade_count: 1,
        bin_count: 0,
        buy_volume: bought,
        max_late_ms: 0,
        final: true,
        partial: false,
      });
      continue;
    }
    bar.high = Math.max(bar.high, price);
    bar.low = Math.min(bar.low, price);
    bar.close = price;
    bar.volume += size;
    bar.notional += size * price;
    bar.trade_count++;
    bar.buy_volume += bought;
  }
  return [...minutes.values()];
}

/** What lies outside every label, as tapes of their own. */
export const quiet = (tapes: Tapes): Tapes =>
  new Map(
    [...tapes].map(([e, tape]) => [
      { ...e, visible: false, announced_ms: 0 },
      tape.filter((t) => !isAround(t.ts_ms, e)),
    ]),
  );

/** The same prices at the same times, the same sizes in any order: volume that has nothing to do with the moves. */
export function sizesShuffled(tape: readonly Trade[], seed: number): Trade[] {
  const random = randomOf(seed);
  const sizes = tape.map(({ size }) => size);
  for (let i = sizes.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [sizes[i], sizes[j]] = [sizes[j]!, sizes[i]!];
  }
  return tape.map((trade, i) => ({ ...trade, size: sizes[i]! }));
}

/** The same times and sizes, prices and sides of a third of the tape later: bursts of volume that have their moves elsewhere. */
export function pricesShifted(tape: readonly Trade[]): Trade[] {
  const by = Math.floor(tape.length / 3);
  return tape.map((trade, i) => {
    const { price, side } = tape[(i + by) % tape.length]!;
    return { ...trade, price, side };
  });
}
