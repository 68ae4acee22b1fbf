import { describe, expect, test } from "bun:test";
import { GRAPH_DEFAULTS } from "../graph/settings.ts";
import type { Bar, Trade } from "../messages/index.ts";
import { endBars } from "../stages/bars/end.ts";
import { bars } from "../stages/bars/index.ts";
import { endBins } from "../stages/bins.ts";
import { GOLDEN, hasShared, jsonLines } from "../test-support/shared.ts";
import { initProfiles, stepProfiles } from "./graph.ts";
import type { Written } from "./index.ts";
import { readBin, replay } from "./replay.ts";

const SENT_MS = Date.UTC(2025, 0, 2, 3, 4, 5, 250);
type Payload = Record<string, unknown>;
const payload = (out: Written): Payload => JSON.parse(out.text);

interface Case {
  readonly ticks: Trade[];
  readonly bins: unknown[][];
  readonly bars: unknown[][];
}

function caseOf(name: string): Case {
  const at = `${GOLDEN}/bins-and-bars/${name}`;
  const rows = (file: string) => jsonLines<unknown[]>(`${at}.${file}.jsonl.gz`).slice(1);
  const ticks = rows("ticks").map(([symbol, ts_ms, price, size], i): Trade => {
    const [s, t] = [String(symbol), Number(ts_ms)];
    const [event_id, price_, size_] = [`${i}`, Number(price), Number(size)];
    const own = { origin: "replay", provider: "replay", side: null, trade_id: null } as const;
    return { ver: 1, kind: "trade", ...own, symbol: s, ts_ms: t, price: price_, size: size_, seq: i, event_id };
  });
  return { ticks, bins: rows("bins"), bars: rows("bars-1s.nofill") };
}

describe.skipIf(!hasShared)("replay equals the reference", () => {
  for (const name of ["real-in-order", "real-delayed", "real-very-late"]) {
    test(name, () => {
      const { ticks, bins: theirs, bars: theirBars } = caseOf(name);
      const settings = { ...GRAPH_DEFAULTS, jump_ms: 0 };
      const state = initProfiles(settings);
      const raw: Payload[] = [];
      const take = (out: Written): void => void (out.topic === "ticks.raw" && raw.push(payload(out)));
      for (const tick of ticks)
        stepProfiles(state, { profiles: [replay], isFirstPartition: true }, tick, SENT_MS, take);
      endBins(state.bins!.bins, (out) => out.kind === "bin" && replay.write(out, SENT_MS).forEach(take));
      expect(
        raw.map((bin) => [
          bin.bin_id,
          bin.start_ts_ms,
          bin.end_ts_ms,
          bin.high,
          bin.low,
          bin.trade_count,
          bin.max_lateness_ms,
        ]),
      ).toEqual(
        theirs.map(([, id, , start, end, , high, low, , , , count, late]) => [id, start, end, high, low, count, late]),
      );
      expect(raw.every((bin) => bin.ingest_ts_ms === SENT_MS)).toBe(true);

      // Their bars once more, of our bins as their consumer would read them.
      const made = bars.init({ ...settings, intervals: ["1s"], forming_ms: 0 });
      const out: Payload[] = [];
      const say = (bar: Bar): void =>
        void out.push(...replay.write({ ...bar, final: true, ingest_ts_ms: 7 } as Bar, SENT_MS).map(payload));
      const each = (said: { kind: string }): void => void (said.kind === "bar" && say(said as Bar));
      for (const bin of raw) bars.step(made, readBin(bin), each);
      endBars(made, each);
      const last = [...new Map(out.map((bar) => [bar.bar_id, bar])).values()];
      expect(last.map((bar) => [bar.bar_id, bar.high, bar.low, bar.bin_count, bar.max_lateness_ms])).toEqual(
        theirBars.map(([id, , , , , high, low, , , , , count, , , late]) => [id, high, low, count, late]),
      );
      last.forEach((bar, i) => {
        expect(Math.abs(Number(bar.volume) - Number(theirBars[i]![8]))).toBeLessThanOrEqual(
          0.5e-6 * (Number(bar.bin_count) + 1),
        );
        expect(bar.ingest_ts_ms).toBe(7);
      });
    });
  }
});
