import type { Bar } from "../../../core/messages/index.ts";
import type { Case } from "../evidence.ts";
import type { OracleBar } from "../oracle.ts";
import { BARS, DEAD_LETTERS } from "../store.ts";

/** Every trade of the log is in exactly one 1 s bar, or a repeat, or set aside with its reason. */
export function* accounted(all: Case): Iterable<string> {
  const { run, judged, holed, market } = all;
  const letters = run.store.rows(DEAD_LETTERS);
  const stored = storedBars(all);
  for (let partition = 0; partition < judged.length; partition++) {
    if (holed.has(partition)) continue;
    let counted = 0;
    for (const { trade, verdict, newest_ms } of judged[partition]!) {
      const id = trade.event_id;
      if (verdict === "counts") counted++;
      if (verdict === "too_old") {
        const isOld = trade.ts_ms <= newest_ms - run.settings.BAR_REVISE_MS;
        if (!isOld) yield `${id} was refused as too old although its bar could still be revised`;
      } else if (verdict !== "duplicate" && verdict !== "unrouted" && verdict !== "counts") {
        if (!letters.has(`bars|${verdict}|${id}`)) yield `${id} is ${verdict} and has no dead letter`;
      }
      if (verdict !== "counts") continue;
      for (const reason of ["late", "future", "invalid", "too_many", "too_old"]) {
        if (letters.has(`bars|${reason}|${id}`)) yield `${id} was refused as ${reason} although it counts`;
      }
    }
    const inBars = [...stored.values()]
      .filter((bar) => bar.interval === "1s" && judged[partition]!.some(({ trade }) => trade.symbol === bar.symbol))
      .reduce((sum, bar) => sum + bar.trade_count, 0);
    const open = all.oracle[partition]!.filter((bar) => bar.interval === "1s" && !stored.has(bar.bar_id));
    const inOpen = open.reduce((sum, bar) => sum + bar.trade_count, 0);
    const isWhole = !all.oracle[partition]!.some((bar) => all.vanished.has(bar.bar_id));
    if (isWhole && counted !== inBars + inOpen) {
      yield `partition ${partition}: ${counted} trades count, ${inBars} are in 1s bars, ${inOpen} in bars still open`;
    }
    for (let position = 0; position < market[partition]!.length; position++) {
      if (market[partition]![position] !== undefined) continue;
      const id = `aggregate|tape.market|${partition}|${position}`;
      if (!letters.has(id)) yield `the unreadable text at ${partition}/${position} has no dead letter`;
    }
  }
}

const EXACT = [
  "open",
  "high",
  "low",
  "close",
  "volume",
  "notional",
  "trade_count",
  "bin_count",
  "buy_volume",
  "max_late_ms",
] as const;

/** A trade may overtake the word that its provider is the one now. */
const AFTER_MS = 5_000;

/** Every bar of every interval equals the one counted from all trades at once. */
export function* barsEqualOracle(all: Case): Iterable<string> {
  const stored = storedBars(all);
  const left = new Set(stored.keys());
  for (let partition = 0; partition < all.oracle.length; partition++) {
    const changes_ms = all.market[partition]!.flatMap((record) => (record?.kind === "route" ? [record.from_ms] : []));
    for (const right of all.oracle[partition]!) {
      left.delete(right.bar_id);
      const bar = stored.get(right.bar_id);
      if (all.holed.has(partition) || all.vanished.has(right.bar_id)) continue;
      if (bar === undefined) {
        if (isDue(all, right)) yield `${right.bar_id} with ${right.trade_count} trades is not stored`;
      } else {
        yield* differences(bar, right);
        const isAfter = changes_ms.every((change_ms) => right.start_ts_ms > change_ms + AFTER_MS);
        if (bar.provider === "mixed" && isAfter) yield `${bar.bar_id} is mixed and begins after the last failover`;
      }
    }
  }
  for (const id of left) yield `${id} is stored although no trade belongs to it`;
}

function* differences(bar: Bar, right: OracleBar): Iterable<string> {
  for (const field of EXACT) {
    if (bar[field] !== right[field]) yield `${bar.bar_id} ${field}: ${bar[field]}, should be ${right[field]}`;
  }
  if ((bar.last_ts_ms ?? 0) !== right.last_ts_ms) yield `${bar.bar_id} last_ts_ms: ${bar.last_ts_ms}`;
  const vwap = Math.min(right.high, Math.max(right.low, right.notional / right.volume));
  if (bar.vwap !== vwap) yield `${bar.bar_id} vwap: ${bar.vwap}, should be ${vwap}`;
  const provider = right.providers.length === 1 ? right.providers[0] : "mixed";
  if (bar.provider !== provider && bar.provider !== "mixed") yield `${bar.bar_id} provider: ${bar.provider}`;
}

/** The last heartbeat has vouched for it. */
export function isDue({ run }: Case, bar: OracleBar): boolean {
  return bar.end_ts_ms <= run.schedule.end_ms - 1_500;
}

export function storedBars({ run }: Case): ReadonlyMap<string, Bar> {
  return new Map([...run.store.rows(BARS).values()].map((bar) => [bar.bar_id, bar]));
}
