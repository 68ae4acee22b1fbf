/**
 * Frames of trades of Bybit, Coinbase, Kraken and Alpaca into records, bytes in, records out, on one core. The peer is
 * what one would write first: `JSON.parse`, the record built of it, nothing checked.
 */
import { eventId, type Side, type Trade } from "../core/messages/index.ts";
import { parse as alpaca } from "../server/feeds/alpaca/parse.ts";
import { parse as bybit } from "../server/feeds/bybit/parse.ts";
import { parse as coinbase } from "../server/feeds/coinbase/parse.ts";
import { parse as kraken } from "../server/feeds/kraken/parse.ts";
import type { Parse, ParseContext } from "../server/feeds/venue.ts";
import { main, round, type Size, type Workload } from "./harness.ts";
import { cpuMs } from "./support/measure.ts";

const SIZES = { smoke: { frames: 500, rounds: 3 }, full: { frames: 20_000, rounds: 25 } } as const;
const FROM_MS = 1_790_000_000_000;
const RECV_MS = 1_790_000_500_000;

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const context: ParseContext = { provider: "venue", symbolOf: (symbol) => symbol };

const timeOf = (i: number): number => FROM_MS + i * 7;
const isoOf = (i: number): string => `${new Date(timeOf(i)).toISOString().slice(0, -1)}456Z`;
const priceOf = (i: number): number => 64_000 + (i % 1_000) / 10;
const sizeOf = (i: number): number => ((i % 97) + 1) / 1_000;
const uuidOf = (i: number): string => `20f43950-d8dd-5b31-9112-${i.toString(16).padStart(12, "0")}`;

/** Epoch milliseconds of a time with six decimals. */
const msOf = (iso: string): number => Date.parse(iso) + Number(iso.slice(23, 26)) / 1_000;

function record(
  symbol: string,
  ts_ms: number,
  price: number,
  size: number,
  side: Side,
  trade_id: string,
  seq: number,
): Trade {
  const event_id = eventId("venue", symbol, ts_ms, trade_id);
  const one = { ver: 1, kind: "trade", origin: "live", provider: "venue", symbol } as const;
  return { ...one, ts_ms, price, size, side, trade_id, seq, event_id, recv_ms: RECV_MS };
}

interface Subject {
  readonly parse: Parse;
  readonly frame: (i: number) => unknown;
  readonly build: (frame: never) => Trade;
}

const subject = <T>(parse: Parse, frame: (i: number) => T, build: (frame: T) => Trade): Subject => ({
  parse,
  frame,
  build,
});

const SUBJECTS: Readonly<Record<string, Subject>> = {
  bybit: subject(
    bybit,
    (i) => ({
      topic: `publicTrade.${i % 2 ? "BTCUSDT" : "ETHUSDT"}`,
      type: "snapshot",
      ts: timeOf(i) + 3,
      data: [
        {
          T: timeOf(i),
          s: i % 2 ? "BTCUSDT" : "ETHUSDT",
          S: i % 3 ? "Buy" : "Sell",
          v: sizeOf(i).toFixed(3),
          p: priceOf(i).toFixed(2),
          L: "PlusTick",
          i: uuidOf(i),
          BT: false,
          RPI: false,
          seq: 301_400_500_600 + i,
        },
      ],
    }),
    ({ data: [one] }) =>
      record(one!.s, one!.T, Number(one!.p), Number(one!.v), one!.S === "Buy" ? "buy" : "sell", one!.i, one!.seq),
  ),
  coinbase: subject(
    coinbase,
    (i) => ({
      type: "match",
      trade_id: 4_000 + i,
      maker_order_id: uuidOf(i),
      taker_order_id: uuidOf(i + 1),
      side: i % 3 ? "sell" : "buy",
      size: sizeOf(i).toFixed(8),
      price: priceOf(i).toFixed(2),
      product_id: i % 2 ? "BTC-USD" : "ETH-USD",
      sequence: 90_000 + i,
      time: isoOf(i),
    }),
    (one) => {
      const side = one.side === "sell" ? "buy" : "sell";
      const { trade_id } = one;
      return record(
        one.product_id,
        msOf(one.time),
        Number(one.price),
        Number(one.size),
        side,
        String(trade_id),
        trade_id,
      );
    },
  ),
  kraken: subject(
    kraken,
    (i) => ({
      channel: "trade",
      type: "update",
      data: [
        {
          symbol: i % 2 ? "BTC/USD" : "ETH/USD",
          side: i % 3 ? ("sell" as const) : ("buy" as const),
          price: priceOf(i),
          qty: sizeOf(i),
          ord_type: "limit",
          trade_id: 7_000 + i,
          timestamp: isoOf(i),
        },
      ],
    }),
    ({ data: [one] }) =>
      record(one!.symbol, msOf(one!.timestamp), one!.price, one!.qty, one!.side, String(one!.trade_id), one!.trade_id),
  ),
  alpaca: subject(
    alpaca,
    (i) => [
      {
        T: "t",
        i: 5_000 + i,
        S: i % 2 ? "AAPL" : "IBM",
        x: "V",
        p: priceOf(i),
        s: (i % 97) + 1,
        t: isoOf(i),
        c: ["@"],
        z: "C",
      },
    ],
    ([one]) => record(one!.S, msOf(one!.t), one!.p, one!.s, null, `${one!.x}:${one!.i}`, one!.i),
  ),
};

type Reader = (frame: Uint8Array, emit: (record: object) => void) => void;

/** Frames a second of both, each its best round, taking turns. */
function rates(sides: readonly Reader[], frames: readonly Uint8Array[], rounds: number): number[] {
  const best = sides.map(() => 0);
  let seen = 0;
  for (let n = 0; n < rounds; n++) {
    sides.forEach((side, i) => {
      const begun = cpuMs();
      for (const frame of frames) side(frame, () => seen++);
      best[i] = Math.max(best[i]!, (frames.length / (cpuMs() - begun)) * 1_000);
    });
  }
  if (seen !== frames.length * rounds * sides.length) throw new Error("a side left records out");
  return best;
}

export const workload: Workload = {
  name: "decode-venues",
  targets: [
    { figure: "bybit_times_json_parse", min: 3 },
    { figure: "coinbase_times_json_parse", min: 1 },
    { figure: "kraken_times_json_parse", min: 1 },
    { figure: "alpaca_times_json_parse", min: 1 },
  ],
  run(size: Size) {
    const { frames: count, rounds } = SIZES[size];
    const ours = new Bun.CryptoHasher("sha256");
    const plain = new Bun.CryptoHasher("sha256");
    const figures: Record<string, number> = {};
    const peer: Record<string, number> = {};
    for (const [name, { parse, frame, build }] of Object.entries(SUBJECTS)) {
      const frames = Array.from({ length: count }, (_, i) => encoder.encode(JSON.stringify(frame(i))));
      const read: Reader = (bytes, emit) => parse(bytes, RECV_MS, context, emit);
      const naive: Reader = (bytes, emit) => emit(build(JSON.parse(decoder.decode(bytes)) as never));
      const [mine, theirs] = rates([read, naive], frames, rounds) as [number, number];
      figures[`${name}_trades_per_s`] = round(mine, 0);
      figures[`${name}_times_json_parse`] = round(mine / theirs);
      peer[`${name}_trades_per_s`] = round(theirs, 0);
      for (const bytes of frames) {
        read(bytes, (one) => ours.update(`${JSON.stringify(one)}\n`));
        naive(bytes, (one) => plain.update(`${JSON.stringify(one)}\n`));
      }
    }
    const hash = (hasher: Bun.CryptoHasher): string => hasher.digest("hex").slice(0, 16);
    return Promise.resolve({
      result_hash: hash(ours),
      figures,
      peer: { name: "JSON.parse and build, nothing checked", result_hash: hash(plain), figures: peer },
    });
  },
};

if (import.meta.main) await main(workload);
