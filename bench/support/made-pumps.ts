import type { Trade } from "../../core/messages/index.ts";
import type { Event, Tapes } from "../../core/test-support/detection.ts";
import { randomOf } from "../../core/test-support/random.ts";

const T0 = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;
const BEFORE_H = 30;
const PUMPS = 3;

/** A quiet coin for thirty hours, then +20 % within a minute on heavy buying, then half of it given back. */
export function madePumps(): Tapes {
  const tapes = new Map<Event, Trade[]>();
  for (let n = 0; n < PUMPS; n++) {
    const random = randomOf(n + 1);
    const symbol = `MADE${n}`;
    const announced_ms = T0 + BEFORE_H * HOUR_MS;
    const tape: Trade[] = [];
    const add = (ts_ms: number, price: number, size: number, side: "buy" | "sell"): void => {
      const seq = tape.length;
      const ids = { trade_id: String(seq), seq, event_id: `made|${symbol}|${seq}` };
      tape.push({
        ver: 1,
        kind: "trade",
        provider: "made",
        symbol,
        ts_ms: Math.round(ts_ms),
        price,
        size,
        side,
        ...ids,
      });
    };
    let price = 1;
    for (let ts_ms = T0; ts_ms < announced_ms; ts_ms += 60_000 * random()) {
      price *= 1 + (random() - 0.5) * 0.001;
      add(ts_ms, price, 10 * random(), random() < 0.5 ? "buy" : "sell");
    }
    const before = price;
    for (let i = 1; i <= 600; i++)
      add(announced_ms + i * 100, before * (1 + i / 3_000), 60 * random(), random() < 0.9 ? "buy" : "sell");
    const peak_ms = announced_ms + 60_000;
    for (let i = 1; i <= 600; i++)
      add(peak_ms + i * 1_000, before * (1.2 - i / 6_000), 20 * random(), random() < 0.3 ? "buy" : "sell");
    tapes.set({ file: symbol, symbol, announced_ms, peak_ms, visible: true }, tape);
  }
  return tapes;
}
