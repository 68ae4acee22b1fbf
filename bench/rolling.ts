/**
 * Rolling features over 1m, 5m and 15m, all of them at every tick. The peer is Polars on one thread: its batch kernels,
 * over the same ticks at once, for every column they can make (it has no Wilder RSI that begins with the window; ours
 * makes that too).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Rolling, Trade } from "../core/messages/index.ts";
import { ROLLING_SETTINGS, rolling, rollingWindows } from "../core/stages/rolling/index.ts";
import { randomOf } from "../core/test-support/random.ts";
import { main, round, type Size, type Workload } from "./harness.ts";
import { cpuMs } from "./support/measure.ts";
import { pythonWith, run } from "./support/python.ts";

const SIZES = { smoke: { ticks: 12_000, compared: 100 }, full: { ticks: 300_000, compared: 1_000 } } as const;
const PEER_PACKAGES = ["polars==2.1.0", "polars-runtime-32==2.1.0"];
const WINDOWS = ["1m", "5m", "15m"] as const;
const FEATURES = ["n", "vwap", "return", "vol", "skew", "exkurt", "momentum", "rsi_cutler14"] as const;

const settings = {
  ...ROLLING_SETTINGS,
  windows: rollingWindows(WINDOWS.map((name) => ({ name, horizon: name }))),
};

/** Ten a second, as irregular as trades are. */
function ticks(count: number): Trade[] {
  const random = randomOf(1);
  let ts_ms = 1.7e12;
  let price = 100;
  return Array.from({ length: count }, (_, seq) => {
    ts_ms += 1 + Math.floor(random() * 199);
    price *= 1 + (random() - 0.5) * 1e-4;
    const event_id = String(seq);
    const size = 0.01 + random();
    return Trade.parse({
      ...{
        kind: "trade",
        provider: "bench",
        symbol: "X",
        ts_ms,
        price,
        size,
        side: "buy",
        trade_id: null,
        seq,
        event_id,
      },
    });
  });
}

type Values = Record<string, unknown>;
const NAMES = WINDOWS.flatMap((w) => FEATURES.map((f) => `${w}_${f}`));
const hash = (rows: readonly Values[]): string =>
  Bun.hash(JSON.stringify(rows.map((row) => NAMES.map((name) => row[name])))).toString(16);

/** Sums are not made in the same order: equal to the seventh digit is equal. Else the first difference, in words. */
function difference(mine: readonly Values[], theirs: readonly Values[]): string | null {
  for (let i = 0; i < mine.length; i++) {
    for (const name of NAMES) {
      const [a, b] = [Number(mine[i]![name]), Number(theirs[i]?.[name])];
      if (!(Math.abs(a - b) <= 1e-7 * Math.max(Math.abs(b), 1e-3))) return `${name} of row ${i} is ${b}, not ${a}`;
    }
  }
  return null;
}

function ours(all: readonly Trade[], compared: number): { rate: number; rows: Rolling[] } {
  const state = rolling.init(settings);
  const rows: Rolling[] = [];
  let last: Rolling | null = null;
  const keep = (row: Rolling): void => {
    last = row;
  };
  const begun = cpuMs();
  for (let i = 0; i < all.length; i++) {
    rolling.step(state, all[i]!, keep);
    if (i >= all.length - compared && last !== null) rows.push(last);
  }
  return { rate: (all.length / (cpuMs() - begun)) * 1_000, rows };
}

interface Peer {
  readonly rate: number;
  readonly rows: Values[];
  readonly version: string;
}

async function polars(python: string, all: readonly Trade[], compared: number): Promise<Peer> {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-bench-"));
  try {
    const file = join(dir, "ticks.csv");
    writeFileSync(file, `ms,price,size\n${all.map((one) => `${one.ts_ms},${one.price},${one.size}`).join("\n")}\n`);
    const text = await run([python, join(import.meta.dir, "peers", "rolling.py"), file, String(compared)]);
    const { seconds, rows, version } = JSON.parse(text);
    return { rate: all.length / seconds, rows, version };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Where Polars cannot be had: everything anew at every tick, for the ticks that are compared. */
function plain(all: readonly Trade[], compared: number): Peer {
  const begun = cpuMs();
  const rows = Array.from({ length: compared }, (_, k) => rowOf(all, all.length - compared + k));
  return { rate: (compared / (cpuMs() - begun)) * 1_000, rows, version: "none" };
}

function rowOf(all: readonly Trade[], at: number): Values {
  const row: Values = {};
  for (const { name, ms } of settings.windows) {
    const inside = all.slice(0, at + 1).filter(({ ts_ms }) => ts_ms >= all[at]!.ts_ms - ms);
    const prices = inside.map(({ price }) => price);
    const r = prices.slice(1).map((price, i) => price / prices[i]! - 1);
    const k = r.length;
    const mean = r.reduce((a, b) => a + b, 0) / k;
    const moment = (p: number): number => r.reduce((a, b) => a + (b - mean) ** p, 0) / k;
    const [m2, m3, m4] = [moment(2), moment(3), moment(4)];
    const changes = prices.slice(-15).map((price, i, of) => (i === 0 ? 0 : price - of[i - 1]!));
    const gain = changes.reduce((a, b) => a + Math.max(0, b), 0);
    const both = changes.reduce((a, b) => a + Math.abs(b), 0);
    const volume = inside.reduce((a, { size }) => a + size, 0);
    const values = [
      inside.length,
      inside.reduce((a, { price, size }) => a + price * size, 0) / volume,
      (prices.at(-1)! - prices[0]!) / prices[0]!,
      Math.sqrt((m2 * k) / (k - 1)),
      ((Math.sqrt(k * (k - 1)) / (k - 2)) * m3) / m2 ** 1.5,
      ((k - 1) / ((k - 2) * (k - 3))) * ((k + 1) * (m4 / m2 ** 2 - 3) + 6),
      (prices.at(-1)! - prices[0]!) / prices[0]!,
      (100 * gain) / both,
    ];
    FEATURES.forEach((feature, i) => {
      row[`${name}_${feature}`] = values[i];
    });
  }
  return row;
}

export const workload: Workload = {
  name: "rolling",
  targets: [{ figure: "times_peer", min: 2 }],
  async run(size: Size) {
    const { ticks: count, compared } = SIZES[size];
    const all = ticks(count);
    const python = size === "full" ? await pythonWith(PEER_PACKAGES) : null;
    const peer = python === null ? plain(all, compared) : await polars(python, all, compared);
    ours(all.slice(0, 20_000), 0);
    const mine = ours(all, compared);
    return {
      result_hash: hash(mine.rows),
      figures: { ticks_per_s: round(mine.rate, 0), times_peer: round(mine.rate / peer.rate) },
      peer: {
        name: python === null ? "plain recomputation" : "Polars, batch kernels, one thread",
        result_hash: difference(mine.rows, peer.rows) ?? hash(mine.rows),
        figures: { ticks_per_s: round(peer.rate, 0) },
      },
      versions: { polars: peer.version },
    };
  },
};

if (import.meta.main) await main(workload);
