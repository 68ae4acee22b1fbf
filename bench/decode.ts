/**
 * Frames of Binance's spot trades into records, bytes in, records out, on one core. The peer is what one would write
 * first: `JSON.parse`, the record built of it, nothing checked. In the same run: tardis-dev's mapper, which makes a
 * smaller record (no event id), and our own slow reader, which checks as strictly as the quick one.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { eventId, type Trade } from "../core/messages/trade.ts";
import { parse } from "../server/feeds/binance/parse.ts";
import { parseSlowly } from "../server/feeds/binance/slow.ts";
import type { Item, ParseContext } from "../server/feeds/venue.ts";
import { main, round, type Size, type Workload } from "./harness.ts";
import { installPeers } from "./peers.ts";
import { cpuMs } from "./support/measure.ts";

const SHARED = process.env.SHARED_DIR ?? join(import.meta.dir, "../../shared");
const CAPTURE = join(SHARED, "data/ws/binance-spot/btcusdt_20240808.gz");
/** Frames are gone through this often in a round; the best of the rounds counts, the sides taking turns. */
const SIZES = { smoke: { passes: 2, rounds: 3 }, full: { passes: 20, rounds: 15 } } as const;
const MADE_FRAMES = 10_000;
const RECV_MS = 1_723_161_255_400;

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const context: ParseContext = { provider: "binance", symbolOf: (symbol) => symbol };

interface TradeFrame {
  readonly data: {
    readonly s: string;
    readonly t: number;
    readonly p: string;
    readonly q: string;
    readonly T: number;
    readonly m: boolean;
  };
}
interface Mapper {
  canHandle(message: unknown): boolean;
  map(message: unknown, local: Date): Iterable<object>;
}

/** The recording's trades; where it is not there, trades made in the same form. */
function frames(isQuote: boolean): Uint8Array[] {
  if (existsSync(CAPTURE)) {
    const wanted = isQuote ? "@bookTicker" : "@trade";
    return gunzipSync(readFileSync(CAPTURE))
      .toString("utf8")
      .split("\n")
      .filter((line) => line.includes(wanted))
      .map((line) => encoder.encode(line.slice(line.indexOf(" ") + 1)));
  }
  return Array.from({ length: MADE_FRAMES }, (_, i) => {
    const time = RECV_MS + i * 31;
    const price = (60_000 + Math.sin(i) * 500).toFixed(2);
    const size = (((i * 7_919) % 10_007) / 1e4).toFixed(5);
    const stream = isQuote ? "btcusdt@bookTicker" : "btcusdt@trade";
    const quote = {
      u: 5e10 + i,
      s: "BTCUSDT",
      b: `${price}000000`,
      B: `${size}001`,
      a: `${price}000001`,
      A: `${size}002`,
    };
    const trade = {
      e: "trade",
      E: time + 1,
      s: "BTCUSDT",
      t: 4e9 + i,
      p: `${price}000000`,
      q: `${size}001`,
      T: time,
      m: i % 2 === 0,
      M: true,
    };
    return encoder.encode(JSON.stringify({ stream, data: isQuote ? quote : trade }));
  });
}

function plain(frame: Uint8Array, emit: (record: object) => void): void {
  const { data } = JSON.parse(decoder.decode(frame)) as TradeFrame;
  const record: Trade = {
    ver: 1,
    kind: "trade",
    origin: "live",
    provider: "binance",
    symbol: data.s,
    ts_ms: data.T,
    recv_ms: RECV_MS,
    price: Number(data.p),
    size: Number(data.q),
    side: data.m ? "sell" : "buy",
    trade_id: String(data.t),
    seq: data.t,
    event_id: eventId("binance", data.s, data.T, data.t),
  };
  emit(record);
}

async function tardisMapper(): Promise<Mapper | null> {
  try {
    await installPeers(join(import.meta.dir, "peers"));
    const module = join(import.meta.dir, "peers/node_modules/tardis-dev");
    const { normalizeTrades } = (await import(module)) as {
      normalizeTrades: (exchange: string, local: Date) => Mapper;
    };
    return normalizeTrades("binance", new Date(RECV_MS));
  } catch (cause) {
    console.error(`tardis-dev is not measured: ${(cause as Error).message}`);
    return null;
  }
}

type Side = (frame: Uint8Array, emit: (record: object) => void) => void;

/** Records a second of each side, its best round. */
function rates(sides: Readonly<Record<string, Side>>, all: readonly Uint8Array[], size: Size): Record<string, number> {
  const { passes, rounds } = SIZES[size];
  const best: Record<string, number> = {};
  let seen = 0;
  const sink = (): void => {
    seen++;
  };
  for (let n = 0; n < rounds; n++) {
    for (const [name, side] of Object.entries(sides)) {
      const begun = cpuMs();
      for (let pass = 0; pass < passes; pass++) for (const frame of all) side(frame, sink);
      best[name] = Math.max(best[name] ?? 0, ((all.length * passes) / (cpuMs() - begun)) * 1_000);
    }
  }
  if (seen !== all.length * passes * rounds * Object.keys(sides).length) throw new Error("a side left records out");
  return best;
}

function hash(side: Side, all: readonly Uint8Array[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const frame of all) side(frame, (record) => hasher.update(`${JSON.stringify(record)}\n`));
  return hasher.digest("hex").slice(0, 16);
}

export const workload: Workload = {
  name: "decode",
  targets: [{ figure: "times_json_parse", min: 5 }],
  async run(size) {
    const trades = frames(false);
    const quick: Side = (frame, emit) => parse(frame, RECV_MS, context, emit as (item: Item) => void);
    const slow: Side = (frame, emit) => parseSlowly(frame, RECV_MS, context, emit as (item: Item) => void);
    const mapper = await tardisMapper();
    const tardis: Side = (frame, emit) => {
      const message: unknown = JSON.parse(decoder.decode(frame));
      if (mapper?.canHandle(message)) for (const record of mapper.map(message, new Date(RECV_MS))) emit(record);
    };
    const made = rates({ quick, plain, slow, ...(mapper === null ? {} : { tardis }) }, trades, size);
    const quotes = rates({ quick, slow }, frames(true), size);
    const times = (rate: number | undefined): number => (rate === undefined ? 0 : round(made.quick! / rate));
    return {
      result_hash: hash(quick, trades),
      figures: {
        trades_per_s: round(made.quick!, 0),
        times_json_parse: times(made.plain),
        times_strict_json_parse: times(made.slow),
        // 0: not measured.
        times_tardis: times(made.tardis),
        quotes_per_s: round(quotes.quick!, 0),
        quotes_times_strict_json_parse: round(quotes.quick! / quotes.slow!),
      },
      peer: {
        name: "JSON.parse and build, nothing checked",
        result_hash: hash(plain, trades),
        figures: { trades_per_s: round(made.plain!, 0) },
      },
      versions: { "tardis-dev": "13.35.3" },
    };
  },
};

if (import.meta.main) await main(workload);
