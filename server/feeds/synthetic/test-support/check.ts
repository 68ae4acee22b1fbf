import { expect } from "bun:test";
import type { Bar } from "../../../../core/messages/bar.ts";
import type { Gap } from "../../../../core/messages/gap.ts";
import type { Trade } from "../../../../core/messages/trade.ts";
import { createScript } from "../acts.ts";
import { createMarket, toTrade } from "../market.ts";
import { overlayOf } from "../overlay.ts";
import type { Resume } from "../resume.ts";
import { SYMBOLS } from "../symbols.ts";
import { type Emitted, type Outcome, tradesOf } from "./run.ts";

export const names = SYMBOLS.map((s) => s.symbol);
export const barsOf = (run: Outcome, symbol?: string): Bar[] =>
  run.records.filter((r): r is Bar => r.kind === "bar" && (symbol === undefined || r.symbol === symbol));
export const gapsOf = (run: Outcome): Gap[] => run.records.filter((r): r is Gap => r.kind === "gap");

/** What the log of a run holds, as its owner would hand it to the next one. */
export function resumeFrom(run: Outcome): Resume {
  const symbols = Object.fromEntries(
    names.flatMap((symbol) => {
      const trade = tradesOf(run.records, symbol).at(-1);
      const bar = barsOf(run, symbol).at(-1);
      if (trade !== undefined) return [[symbol, { newest_ts_ms: trade.ts_ms, price: trade.price }]];
      return bar === undefined ? [] : [[symbol, { newest_ts_ms: bar.start_ts_ms, price: bar.close }]];
    }),
  );
  const last = new Map(gapsOf(run).map((gap) => [gap.id, gap]));
  return { symbols, open_gaps: [...last.values()].filter((gap) => gap.status === "open") };
}

export const identity = ({ recv_ms, fill, ...rest }: Trade): string => JSON.stringify(rest);

/** What the market says happened, straight from its definition. */
export function happened(seed: number, symbol: string, from_ms: number, to_ms: number, t0_ms?: number): string[] {
  const script = t0_ms === undefined ? null : createScript(seed, "tour", t0_ms);
  const market = createMarket(
    seed,
    overlayOf(seed, (from, to) => script?.between(from, to) ?? []),
  );
  const index = names.indexOf(symbol);
  const found: string[] = [];
  for (let s = Math.floor(from_ms / 1_000); s * 1_000 < to_ms; s++) {
    const ordinals = new Map<number, number>();
    for (const raw of market.second(index, s)) {
      const ordinal = ordinals.get(raw.ts_ms) ?? 0;
      ordinals.set(raw.ts_ms, ordinal + 1);
      if (raw.ts_ms >= from_ms && raw.ts_ms < to_ms) found.push(identity(toTrade(SYMBOLS[index]!, raw, ordinal, 0)));
    }
  }
  return found;
}

/** No trade may be late for a reader, no id may repeat or fall, and a heartbeat must have told the truth. */
export function expectOrder(
  emitted: readonly Emitted[],
  silences: readonly { from_ms: number; to_ms: number }[] = [],
): void {
  const newest = new Map<string, { ts_ms: number; seq: number }>();
  let vouched = 0;
  for (const { record } of emitted) {
    if (record.kind === "heartbeat") {
      expect(record.ts_ms).toBeGreaterThanOrEqual(vouched);
      vouched = record.ts_ms;
    }
    if (record.kind !== "trade") continue;
    const before = newest.get(record.symbol);
    if (before !== undefined) {
      expect(record.ts_ms).toBeGreaterThanOrEqual(before.ts_ms);
      expect(record.seq).toBeGreaterThan(before.seq);
    }
    newest.set(record.symbol, record);
    expect(record.recv_ms!).toBeGreaterThanOrEqual(record.ts_ms);
    if (!silences.some((s) => record.ts_ms >= s.from_ms && record.ts_ms < s.to_ms)) {
      expect(record.ts_ms).toBeGreaterThan(vouched);
    }
  }
}
