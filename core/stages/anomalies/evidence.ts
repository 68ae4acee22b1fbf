import type { Candidate, Evidence, VolumeEvidence } from "../../messages/index.ts";
import { duration } from "../../text/time.ts";
import type { Excursion } from "./excursion.ts";
import type { Print } from "./prints.ts";
import type { AdaptiveSettings } from "./settings.ts";
import { type SymbolState, sideOf, signOf } from "./symbol.ts";
import { meanVolume, ordersOf, shareOf, tradesOf, volumeOf } from "./volume.ts";

/** A quote older than this says nothing about the spread now. */
const QUOTE_FRESH_MS = 10_000;

function spreadBps(symbol: SymbolState): number | null {
  const { quote } = symbol;
  if (quote === null || symbol.now_ms - quote.ts_ms > QUOTE_FRESH_MS || quote.ask < quote.bid) return null;
  return (10_000 * (quote.ask - quote.bid)) / ((quote.ask + quote.bid) / 2);
}

function volumeEvidence(symbol: SymbolState, x: Excursion, learning_ms: number): VolumeEvidence | null {
  if (symbol.volume.at < 0) return null;
  const side = sideOf(x.direction);
  const side_volume = volumeOf(symbol.volume, side, x.volume_s);
  // Before there is enough history a mean says nothing.
  const mean = symbol.volume.observed_ms >= learning_ms ? meanVolume(symbol.volume, side, x.volume_s) : 0;
  return {
    window_s: x.volume_s,
    side_volume,
    mean: mean > 0 ? mean : null,
    factor: mean > 0 ? side_volume / mean : null,
  };
}

function missing(symbol: SymbolState, from_ms: number): string | null {
  const { gap } = symbol;
  if (gap === null || gap.to_ms < from_ms) return null;
  const length = duration(gap.to_ms - gap.from_ms);
  return gap.open ? `${length} of trades missing, not filled yet` : `${length} of trades lost`;
}

function evidenceOf(symbol: SymbolState, x: Excursion, print: Print | null, s: AdaptiveSettings): Evidence {
  const sign = signOf(x.direction);
  const side = sideOf(x.direction);
  const last = print ?? symbol.recent[symbol.recent.length - 1] ?? null;
  const beyond = x.from.price * (1 + sign * x.limit);
  const gone = missing(symbol, x.start_ms);
  return {
    rule: x.rule,
    rules: [...x.rules],
    provider: symbol.provider,
    from: { ...x.from },
    to: last === null ? null : { price: last.price, ts_ms: last.ts_ms },
    peak: { ...x.peak },
    window_ms: x.window_ms,
    limit: x.limit,
    rarity: x.rarity,
    z: null,
    crossing: symbol.recent
      .filter((p) => sign * (p.price - beyond) >= 0)
      .map(({ ts_ms, price, size, side, trade_id }) => ({ ts_ms, price, size, side, trade_id })),
    trades_10s: tradesOf(symbol.volume),
    orders_10s: ordersOf(symbol.volume, side),
    side_share: tradesOf(symbol.volume) > 0 ? shareOf(symbol.volume, side) : null,
    volume: volumeEvidence(symbol, x, s.learning_ms),
    spread_bps: spreadBps(symbol),
    benchmark: null,
    headlines: null,
    baseline: symbol.volume.observed_ms >= s.learning_ms ? "known" : "learning",
    data: { complete: gone === null, latency_ms: last?.lag_ms ?? null, missing: gone },
    bad_prints: symbol.bad_prints,
  };
}

/** The next statement of an excursion. */
export function statement(
  name: string,
  symbol: SymbolState,
  x: Excursion,
  print: Print | null,
  settings: AdaptiveSettings,
): Candidate {
  const over = x.state === "over" && x.ended !== null ? x.ended : null;
  const price = over === null ? (print?.price ?? x.peak.price) : x.peak.price;
  const candidate: Candidate = {
    kind: "candidate",
    ...(symbol.origin === null ? {} : { origin: symbol.origin }),
    id: x.id,
    revision: x.revision,
    symbol: name,
    direction: x.direction,
    state: x.state,
    severity: x.severity,
    time_ms: x.time_ms,
    start_ms: x.start_ms,
    updated_ms: over?.at_ms ?? symbol.now_ms,
    window: x.window,
    ret: (price - x.from.price) / x.from.price,
    threshold: x.limit,
    evidence: evidenceOf(symbol, x, print, settings),
    ...(x.would_have ? { would_have: true as const } : {}),
    ...(over === null ? {} : { ended: { ...over } }),
  };
  x.said = { state: x.state, severity: x.severity, would_have: x.would_have };
  x.revision++;
  return candidate;
}
