/**
 * A local Binance in a process of its own that sends a paced mix of frames: of ten five trades, three quotes, two changes of
 * books. It trickles until it reads a line on stdin, and says as one JSON line between which ids the measured trades lie.
 */
import { fakeBinance } from "../../testkit/venues/binance.ts";

export interface Sent {
  /** Ids of the measured trades: from inclusive, to exclusive. */
  readonly ids: Readonly<Record<string, readonly [from: number, to: number]>>;
  readonly frames: number;
  /** How long it took; more than was asked for when this machine could not keep the pace. */
  readonly ms: number;
}

const MIX = ["trade", "quote", "trade", "change", "trade", "quote", "trade", "quote", "trade", "change"] as const;
const FIRST_ID = 1_000;
const TRICKLE_MS = 20;
const LEVELS = 20;

async function main(symbols: readonly string[], rate: number, seconds: number): Promise<void> {
  const venue = await fakeBinance([...symbols], { firstId: FIRST_ID });
  for (const symbol of symbols) {
    const level = (side: 1 | -1, i: number): [string, string] => [(100 + side * (i + 1) * 0.01).toFixed(2), "1.0"];
    const bids = Array.from({ length: LEVELS }, (_, i) => level(-1, i));
    venue.change(symbol, { bids, asks: Array.from({ length: LEVELS }, (_, i) => level(1, i)) });
  }
  const next = (symbol: string): number => (venue.trades(symbol).at(-1)?.id ?? FIRST_ID - 1) + 1;
  const act = (n: number): void => {
    const symbol = symbols[Math.floor(n / MIX.length) % symbols.length]!;
    const cents = (n * 7) % 100;
    switch (MIX[n % MIX.length]!) {
      case "trade":
        venue.trade(symbol, `100.${String(cents).padStart(2, "0")}`);
        return;
      case "quote":
        venue.quote(symbol, `99.${String(cents).padStart(2, "0")}`, "101.00");
        return;
      case "change":
        venue.change(symbol, { bids: [[(100 - ((n % LEVELS) + 1) * 0.01).toFixed(2), `${1 + cents}.0`]] });
    }
  };
  let n = 0;
  const trickle = setInterval(() => {
    for (let i = 0; i < MIX.length * symbols.length; i++) act(n++);
  }, TRICKLE_MS * 10);
  console.log(JSON.stringify({ stream: `${venue.wsUrl}/stream`, rest: venue.restUrl }));
  for await (const _ of console) break;
  clearInterval(trickle);
  const from = new Map(symbols.map((symbol) => [symbol, next(symbol)]));
  const began_ms = performance.now();
  const frames = rate * seconds;
  for (let sent = 0; sent < frames; ) {
    const due = Math.min(frames, Math.floor(((performance.now() - began_ms) / 1_000) * rate));
    while (sent < due) act(sent++);
    await Bun.sleep(1);
  }
  const ids = Object.fromEntries(symbols.map((symbol) => [symbol, [from.get(symbol)!, next(symbol)] as const]));
  console.log(JSON.stringify({ ids, frames, ms: performance.now() - began_ms } satisfies Sent));
  // Whoever listens reads the rest in its own time.
  for await (const _ of console) break;
  process.exit(0);
}

if (import.meta.main) {
  const [, , symbols = "", rate, seconds] = process.argv;
  await main(symbols.split(","), Number(rate), Number(seconds));
}
