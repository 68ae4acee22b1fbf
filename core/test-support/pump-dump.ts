import type { Trade } from "../messages/index.ts";
import type { Event, Tapes } from "./detection.ts";
import { filesIn, readText, SHARED } from "./shared.ts";

const PUMP_FOLDER = `${SHARED}/data/anomaly/pump-dump`;
export const hasPumps = filesIn(PUMP_FOLDER, ".csv").length > 0;

function events(): Event[] {
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

/** `ts_ms,side,price,size`, a line a trade. */
function trades({ file, symbol }: Event): Trade[] {
  return readText(`${PUMP_FOLDER}/trades/${file}`)
    .trim()
    .split("\n")
    .slice(1)
    .map((line, i): Trade => {
      const [ts = "", side, price = "", amount = ""] = line.split(",");
      return {
        ver: 1,
        kind: "trade",
        provider: "file",
        symbol,
        ts_ms: Number(ts),
        price: Number(price),
        size: Number(amount),
        side: side === "b" ? "buy" : "sell",
        trade_id: String(i),
        seq: i,
        event_id: `file|${symbol}|${i}`,
      };
    });
}

/** The labelled pumps; none where there is no reference data. */
export const labelledPumps = (): Tapes => new Map(hasPumps ? events().map((e) => [e, trades(e)]) : []);
