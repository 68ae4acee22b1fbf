import type { Alert, Candidate, Trade } from "../messages/index.ts";
import { adaptive } from "../stages/anomalies/adaptive.ts";
import { ADAPTIVE_SETTINGS, type AdaptiveSettings } from "../stages/anomalies/settings.ts";
import { filesIn, readText, SHARED } from "./shared.ts";

const PUMP_FOLDER = `${SHARED}/data/anomaly/pump-dump`;
export const hasPumps = filesIn(PUMP_FOLDER, ".csv").length > 0;

export interface Event {
  readonly file: string;
  readonly symbol: string;
  readonly announced_ms: number;
  readonly peak_ms: number;
  readonly visible: boolean;
}

export function events(): Event[] {
  const files = filesIn(`${PUMP_FOLDER}/trades`, ".csv.gz");
  return readText(`${PUMP_FOLDER}/index.csv`)
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [, symbol = "", announced = "", iso = "", , , , offset = "", visible] = line.split(",");
      const stamp = iso.slice(0, 16).replace(":", "");
      const file = files.find((f) => f === `${symbol}_${stamp}Z.csv.gz`);
      if (file === undefined) throw new Error(`no trades for ${line}`);
      const announced_ms = Number(announced);
      return { file, symbol, announced_ms, peak_ms: announced_ms + Number(offset), visible: visible === "yes" };
    });
}

export function trades(event: Event): Trade[] {
  return readText(`${PUMP_FOLDER}/trades/${event.file}`)
    .trim()
    .split("\n")
    .slice(1)
    .map((line, i): Trade => {
      const [ts = "", side, price = "", amount = ""] = line.split(",");
      return {
        ver: 1,
        kind: "trade",
        provider: "file",
        symbol: event.symbol,
        ts_ms: Number(ts),
        price: Number(price),
        size: Number(amount),
        side: side === "b" ? "buy" : "sell",
        trade_id: String(i),
        seq: i,
        event_id: `file|${event.symbol}|${i}`,
      };
    });
}

export function candidates(input: readonly Trade[], settings: AdaptiveSettings = ADAPTIVE_SETTINGS): Candidate[] {
  const state = adaptive.init({ ...settings, nearest_ms: 0 });
  const out: Candidate[] = [];
  for (const trade of input)
    adaptive.step(state, trade, (record) => {
      if (record.kind === "candidate") out.push(record);
    });
  return out;
}

/** First buy print ≥ 2.5 % over the price 60 s before, from 60 s before the announcement on. */
export function firstBigBuy(input: readonly Trade[], announced_ms: number): number | null {
  let back = 0;
  for (const trade of input) {
    while (input[back + 1] !== undefined && input[back + 1]!.ts_ms <= trade.ts_ms - 60_000) back++;
    if (trade.ts_ms < announced_ms - 60_000 || trade.side !== "buy") continue;
    if (trade.price >= input[back]!.price * 1.025) return trade.ts_ms;
    if (trade.ts_ms > announced_ms + 600_000) return null;
  }
  return null;
}

export const isPush = (c: { severity: Alert["severity"] }): boolean => c.severity !== "notice";
