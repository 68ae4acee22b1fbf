/**
 * The whole market graph, every stage joined, the rules that ship looking at every trade: cost per trade at 10k trades a
 * second over 30 symbols, and what a checkpoint holds of 2,000 symbols after minutes of trading. The peer is the same
 * graph without features, rolling windows and signals: it must make the same bars.
 */
import { marketGraph } from "../core/graph/market.ts";
import { GRAPH_DEFAULTS, type GraphSettings } from "../core/graph/settings.ts";
import type { Bar, MarketRecord } from "../core/messages/index.ts";
import { parseSettings } from "../core/settings/parse.ts";
import { randomOf } from "../core/test-support/random.ts";
import { inWords } from "../server/checkpoints/pieces.ts";
import { rulesOf } from "../server/settings/rules-file.ts";
import { main, round, type Size, type Workload } from "./harness.ts";
import { cpuMs } from "./support/measure.ts";

const SIZES = {
  smoke: { busy: { symbols: 5, per_s: 500, seconds: 4 }, wide: { symbols: 20, per_s: 40, seconds: 20 } },
  full: { busy: { symbols: 30, per_s: 10_000, seconds: 60 }, wide: { symbols: 2_000, per_s: 2_000, seconds: 360 } },
} as const;
const T0 = Date.UTC(2026, 0, 5);
const BEAT_MS = 100;

/** Prices that walk, five trades in six of a fifth of the symbols, and a heartbeat ten times a second. */
function* tape({
  symbols,
  per_s,
  seconds,
}: {
  symbols: number;
  per_s: number;
  seconds: number;
}): Generator<MarketRecord> {
  const random = randomOf(1);
  const price = Float64Array.from({ length: symbols }, () => 100 + random() * 1_000);
  const ids = new Array<number>(symbols).fill(0);
  let beat_ms = T0;
  for (let n = 0; n < per_s * seconds; n++) {
    const ts_ms = T0 + Math.floor((n * 1_000) / per_s);
    if (ts_ms - beat_ms >= BEAT_MS) {
      beat_ms = ts_ms;
      yield { kind: "heartbeat", provider: "bench", ts_ms, reason: "venue" };
    }
    const s = Math.floor(random() * (random() < 0.8 ? Math.ceil(symbols / 5) : symbols));
    price[s]! *= 1 + (random() - 0.5) * 4e-4;
    const seq = ++ids[s]!;
    yield {
      ver: 1,
      kind: "trade",
      provider: "bench",
      symbol: `SYM${s}USDT`,
      ts_ms,
      recv_ms: ts_ms + 20 + Math.floor(random() * 30),
      price: Math.round(price[s]! * 100) / 100,
      size: Math.round(random() * 1_000) / 1_000,
      side: random() < 0.5 ? "buy" : "sell",
      trade_id: String(seq),
      seq,
      event_id: `bench|SYM${s}USDT|${seq}`,
    };
  }
}

const { settings } = parseSettings([]);
const RULES = rulesOf(settings!.streaming, ".");
const ALL: GraphSettings = { ...GRAPH_DEFAULTS, signals: { ...GRAPH_DEFAULTS.signals, rules: RULES } };
/** Nothing is told of features, and nothing is known of them: what is left is bars, prices, metrics and detection. */
const WITHOUT: GraphSettings = {
  ...GRAPH_DEFAULTS,
  rolling: null,
  features: { ...GRAPH_DEFAULTS.features, pub_ms: 1e12 },
};

function run(records: Iterable<MarketRecord>, of: GraphSettings) {
  const state = marketGraph.init(of);
  let bars = 0;
  let signals = 0;
  const hash = new Bun.CryptoHasher("sha1");
  const emit = (topic: string, out: object): void => {
    if (topic === "tape.signals") signals++;
    if (topic !== "tape.bars") return;
    bars++;
    const { bar_id, revision, close, volume } = out as Bar;
    hash.update(`${bar_id} ${revision} ${close} ${volume}\n`);
  };
  let trades = 0;
  const begun_ms = cpuMs();
  for (const record of records) {
    if (record.kind === "trade") trades++;
    marketGraph.step(state, record, emit);
  }
  return { state, ns: ((cpuMs() - begun_ms) * 1e6) / trades, bars, signals, hash: hash.digest("hex").slice(0, 16) };
}

export const workload: Workload = {
  name: "graph",
  // A tenth of a core at 10k trades a second; 2,000 symbols within what sixteen checkpoints can be saved in slices.
  targets: [
    { figure: "ns_per_trade", max: 10_000 },
    { figure: "state_kb_per_symbol", max: 600 },
  ],
  async run(size: Size) {
    const { busy, wide } = SIZES[size];
    const records = [...tape(busy)];
    run(records.slice(0, 20_000), ALL);
    const fast = run(records, ALL);
    const peer = run(records, WITHOUT);
    const many = run(tape(wide), ALL);
    const { parts, busy_ms } = await inWords(many.state);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    const kb = (part: object): number => round(JSON.stringify(part).length / wide.symbols / 1_000);
    const { bars, metrics, adaptive, features, rolling, signals } = many.state;
    return {
      result_hash: fast.hash,
      figures: {
        ns_per_trade: round(fast.ns, 0),
        bars: fast.bars,
        signals: fast.signals,
        checkpoint_mb: round(bytes / 1e6, 1),
        checkpoint_words_ms: round(busy_ms, 0),
        state_kb_per_symbol: kb(many.state),
        bars_kb: kb(bars),
        metrics_kb: kb(metrics),
        adaptive_kb: kb(adaptive),
        features_kb: kb(features),
        rolling_kb: kb(rolling!),
        signals_kb: kb(signals),
      },
      peer: {
        name: "the graph without features, rolling windows and signals",
        result_hash: peer.hash,
        figures: { ns_per_trade: round(peer.ns, 0), bars: peer.bars },
      },
    };
  },
};

if (import.meta.main) await main(workload);
