import type { Gap } from "../../../core/messages/index.ts";
import type { Case } from "../evidence.ts";
import { GAPS } from "../store.ts";
import { isDue, storedBars } from "./bars.ts";

const touches = (gap: Gap, bar: { start_ts_ms: number; end_ts_ms: number }): boolean =>
  gap.from_ms < bar.end_ts_ms && gap.to_ms >= bar.start_ts_ms;

/**
 * Nothing is missing in silence: a bar over a gap that was not filled is partial, a bar that lacks trades is partial, and
 * where a whole bar is missing a lost gap covers it. And the other way round: partial needs a reason.
 */
export function* missingSaysSo(all: Case): Iterable<string> {
  const { run, oracle, holed, cold } = all;
  const stored = storedBars(all);
  const gaps = [...run.store.rows(GAPS).values()].filter((gap) => gap.status !== "filled");
  const isHole = (gap: Gap): boolean => gap.stream.startsWith("bus:");
  for (let partition = 0; partition < oracle.length; partition++) {
    for (const right of oracle[partition]!) {
      if (all.vanished.has(right.bar_id)) continue;
      const bar = stored.get(right.bar_id);
      const over = gaps.filter((gap) => touches(gap, right));
      if (bar === undefined) {
        const isSaid = over.some((gap) => isHole(gap) && gap.status === "lost");
        if (holed.has(partition) && isDue(all, right) && !isSaid) yield `${right.bar_id} is missing in silence`;
        continue;
      }
      if (bar.trade_count < right.trade_count && !bar.partial) {
        yield `${bar.bar_id} has ${bar.trade_count} of ${right.trade_count} trades and does not say that it is partial`;
      }
      if (right.providers.length > 1 && !bar.partial) yield `${bar.bar_id} holds a failover and is not partial`;
      const missed = over.filter((gap) => !isHole(gap) && bar.provider === gap.provider);
      if (missed.length > 0 && !bar.partial && right.last_ts_ms > 0) {
        yield `${bar.bar_id} lies over ${missed[0]!.id} (${missed[0]!.status}) and is not partial`;
      }
      const mayBe = holed.has(partition) || cold.has(partition) || run.settings.BAR_REVISE_MS < 900_000;
      if (bar.partial && over.length === 0 && bar.provider !== "mixed" && !mayBe) {
        yield `${bar.bar_id} is partial without a reason`;
      }
    }
  }
}
