import type { Bar, Candidate, Evidence, VolumeEvidence } from "../../messages/index.ts";
import { duration } from "../../text/time.ts";
import { ofSide } from "./closes.ts";
import { sideOf, signOf } from "./direction.ts";
import type { Print } from "./prints.ts";
import { prints } from "./recent.ts";
import type { AdaptiveSettings } from "./settings.ts";
import type { Excursion, SymbolState } from "./symbol.ts";
import { meanVolume, ordersOf, shareOf, sourceOf, tradesOf, volumeOf } from "./volume.ts";

/** A quote older than this says nothing about the spread now. */
const QUOTE_FRESH_MS = 10_000;

function spreadBps(symbol: SymbolState): number | null {
  const { quote } = symbol;
  if (quote === null || symbol.now_ms - quote.ts_ms > QUOTE_FRESH_MS || quote.ask < quote.bid) return null;
  return (10_000 * (quote.ask - quote.bid)) / ((quote.ask + quote.bid) / 2);
}

/** Before there is enough history a mean says nothing. */
function volumeEvidence(
  symbol: SymbolState,
  side: "buy" | "sell",
  side_volume: number,
  window_s: number,
  { learning_ms }: AdaptiveSettings,
): VolumeEvidence {
  const { volume } = symbol;
  const mean = volume.observed_ms >= learning_ms ? meanVolume(volume, side, window_s) : 0;
  const known = mean > 0 ? { mean, factor: side_volume / mean } : { mean: null, factor: null };
  return { window_s, side_volume, ...known };
}

function missing(symbol: SymbolState, from_ms: number): string | null {
  const { gap } = symbol;
  if (gap === null || gap.to_ms < from_ms) return null;
  const length = duration(gap.to_ms - gap.from_ms);
  return gap.open ? `${length} of trades missing, not filled yet` : `${length} of trades lost`;
}

/** What only trades tell. */
function byTrades(symbol: SymbolState, x: Excursion, print: Print | null, s: AdaptiveSettings) {
  const { volume } = symbol;
  const [side, sign] = [sideOf(x.direction), signOf(x.direction)];
  const recent = prints(symbol.recent);
  const last = print ?? recent.at(-1) ?? null;
  const latency_ms = print === null ? symbol.recent.lag_ms : print.lag_ms;
  const beyond = x.from.price * (1 + sign * x.limit);
  const gone = missing(symbol, x.start_ms);
  return {
    to: last === null ? null : { price: last.price, ts_ms: last.ts_ms },
    crossing: recent.filter((p) => sign * (p.price - beyond) >= 0),
    trades_10s: tradesOf(volume),
    orders_10s: ordersOf(volume, side),
    side_share: tradesOf(volume) > 0 ? shareOf(volume, side) : null,
    volume: volume.at < 0 ? null : volumeEvidence(symbol, side, volumeOf(volume, side), 10, s),
    resolution: "trades" as const,
    data: { complete: gone === null, latency_ms, missing: gone },
  };
}

/** What a minute of history tells instead; null where time alone has passed since. */
function byMinute(symbol: SymbolState, x: Excursion, bar: Bar | null, s: AdaptiveSettings) {
  const side = sideOf(x.direction);
  const share = bar === null || bar.volume === 0 ? null : ofSide(bar, side).share;
  return {
    to: bar === null ? null : { price: side === "buy" ? bar.high : bar.low, ts_ms: bar.end_ts_ms },
    crossing: [],
    trades_10s: 0,
    orders_10s: 0,
    side_share: share,
    volume: bar === null || share === null ? null : volumeEvidence(symbol, side, bar.volume * share, 60, s),
    resolution: "1m" as const,
    data: {
      complete: bar?.partial !== true,
      latency_ms: null,
      missing: bar?.partial === true ? "trades of the minute" : null,
    },
  };
}

const isBar = (seen: Print | Bar | null): seen is Bar => seen !== null && "interval" in seen;

function evidenceOf(symbol: SymbolState, x: Excursion, seen: Print | Bar | null, s: AdaptiveSettings): Evidence {
  const bar = isBar(seen) ? seen : null;
  const isMinute = bar !== null || (seen === null && x.by_minute);
  return {
    rule: x.rule,
    rules: [...x.rules],
    provider: bar?.provider ?? symbol.provider,
    from: { ...x.from },
    peak: { ...x.peak },
    window_ms: x.window_ms,
    limit: x.limit,
    rarity: x.rarity,
    z: null,
    spread_bps: isMinute ? null : spreadBps(symbol),
    benchmark: null,
    headlines: null,
    baseline: symbol.volume.observed_ms >= s.learning_ms ? "known" : "learning",
    baseline_source: sourceOf(symbol.volume),
    bad_prints: symbol.bad_prints,
    ...(isMinute ? byMinute(symbol, x, bar, s) : byTrades(symbol, x, isBar(seen) ? null : seen, s)),
  };
}

/** The next statement of an excursion: of a print, of a minute of history, or (null) of time alone. */
export function statement(
  name: string,
  symbol: SymbolState,
  x: Excursion,
  seen: Print | Bar | null,
  settings: AdaptiveSettings,
): Candidate {
  const over = x.state === "over" && x.ended !== null ? x.ended : null;
  const evidence = evidenceOf(symbol, x, seen, settings);
  const bar = isBar(seen) ? seen : null;
  const price = over !== null || seen === null ? x.peak.price : (evidence.to?.price ?? x.peak.price);
  const origin = bar === null ? symbol.origin : (bar.origin ?? null);
  const candidate: Candidate = {
    kind: "candidate",
    ...(origin === null ? {} : { origin }),
    id: x.id,
    revision: x.revision,
    symbol: name,
    direction: x.direction,
    state: x.state,
    severity: x.severity,
    time_ms: x.time_ms,
    start_ms: x.start_ms,
    updated_ms: over?.at_ms ?? bar?.end_ts_ms ?? symbol.now_ms,
    window: x.window,
    ret: (price - x.from.price) / x.from.price,
    threshold: x.limit,
    evidence,
    ...(x.would_have ? { would_have: true as const } : {}),
    ...(over === null ? {} : { ended: { ...over } }),
  };
  x.said = { state: x.state, severity: x.severity, would_have: x.would_have };
  x.revision++;
  return candidate;
}
