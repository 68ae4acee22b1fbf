import type { Alert } from "../../core/messages/alert.ts";
import { compact, fullTime, millis, number, percent, seconds } from "./format.ts";

const RULES: Record<string, string> = {
  fixed: "fixed limit",
  confirmed: "confirmed move",
  relative: "unusual for this symbol",
  market: "market-wide move",
};
const SOURCES: Record<string, string> = {
  candles: "the venue's candles",
  trades: "trades seen here",
  both: "the venue's candles and trades seen here",
};
const ENDS: Record<string, string> = {
  given_back: "half of the move was given back",
  quiet: "no further hit within 15 min",
  members: "every symbol's move is over",
};

/** The numbers an alert rests on, named and with units. What is not known is left out, never shown as zero. */
export function evidenceRows(alert: Alert, decimals: number): readonly (readonly [string, string])[] {
  const { evidence } = alert;
  const rows: (readonly [string, string])[] = [];
  const add = (name: string, value: string | null | undefined): void => {
    if (value !== null && value !== undefined && value !== "") rows.push([name, value]);
  };
  const known = <T>(value: T | null | undefined, show: (value: T) => string): string | null =>
    value === null || value === undefined ? null : show(value);
  const point = ({ price, ts_ms }: { price: number; ts_ms: number }): string =>
    `${number(price, decimals)} at ${fullTime(ts_ms)}`;

  add("Rule", evidence.rules.map((rule) => RULES[rule] ?? rule).join(", "));
  add("Move", known(alert.ret, percent));
  add("Limit", known(evidence.limit ?? alert.threshold, percent));
  add("Window", seconds(evidence.window_ms));
  add("From", known(evidence.from, point));
  add("To", known(evidence.to, point));
  add("Peak", known(evidence.peak, point));
  add("Rarity", evidence.rarity);
  add(
    "z",
    known(evidence.z, (z) => number(z, 1)),
  );
  if (evidence.volume !== null) {
    const { window_s, side_volume, factor } = evidence.volume;
    const times = factor === null ? "" : `, ${number(factor, factor < 10 ? 1 : 0)}× normal`;
    add("Volume of this side", `${compact(side_volume)} in ${seconds(window_s * 1_000)}${times}`);
  }
  if (evidence.trades_10s > 0) {
    add("Last 10 s", `${number(evidence.trades_10s)} trades, ${number(evidence.orders_10s)} orders`);
  }
  add(
    "Share of this side",
    known(evidence.side_share, (share) => `${number(share * 100, 0)}\u2009%`),
  );
  add(
    "Spread",
    known(evidence.spread_bps, (bps) => `${number(bps, 2)}\u2009bps`),
  );
  add(
    "Beside it",
    known(evidence.benchmark, ({ symbol, window, ret }) => `${symbol} ${percent(ret)} in ${window}`),
  );
  add("Bad prints ignored today", evidence.bad_prints > 0 ? number(evidence.bad_prints) : null);
  const source = SOURCES[evidence.baseline_source ?? ""];
  add(
    "Normal range",
    evidence.baseline === "learning"
      ? "not known yet, under 12 h of history"
      : source === undefined
        ? "known"
        : `known, from ${source}`,
  );
  if (evidence.resolution === "1m") add("Seen in", "1-minute candles; the moment within the minute is not known");
  add("Data", evidence.data.complete ? "complete" : (evidence.data.missing ?? "something is missing"));
  add("Latency", known(evidence.data.latency_ms, millis));
  if (alert.ended !== undefined) add("Ended", `${fullTime(alert.ended.at_ms)}: ${ENDS[alert.ended.reason] ?? ""}`);
  return rows;
}

/** The prices at which the rule fires, from where the move began; none without a start, a limit or a direction. */
export function limitPrices({ direction, threshold, evidence }: Alert): readonly number[] {
  const limit = evidence.limit ?? threshold;
  if (evidence.from === null || limit === null || direction === null) return [];
  return [evidence.from.price * (1 + (direction === "up" ? 1 : -1) * Math.abs(limit))];
}

/** What is known of the price's way without asking: start, trades beyond the limit, peak and end, in order of time. */
export function knownPoints({ evidence }: Alert): readonly (readonly [number, number])[] {
  const points = [evidence.from, ...evidence.crossing, evidence.peak, evidence.to].flatMap((point) =>
    point === null ? [] : [[point.ts_ms, point.price] as const],
  );
  return points.sort((a, b) => a[0] - b[0]);
}
