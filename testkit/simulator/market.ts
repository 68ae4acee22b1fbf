import { type Gap, gapId, type Heartbeat, type MarketRecord, type Trade } from "../../core/messages/index.ts";
import { Random } from "./random.ts";
import { FAILOVER, history, ORIGIN, START_MS, trades } from "./venues.ts";

const BEAT_MS = 500;
const VOUCH_MS = 70;
const SILENT_AFTER_MS = 2_000;
const TAIL_MS = 4_000;

export type Delivery = { readonly at_ms: number } & (
  | { readonly record: MarketRecord }
  /** A text on the log that is no record. */
  | { readonly garbage: string; readonly partition: number }
);

export interface Schedule {
  /** What reaches the ingest, in order. */
  readonly deliveries: readonly Delivery[];
  readonly start_ms: number;
  readonly end_ms: number;
}

interface Outage {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly filled_ms: number;
  /** What becomes of it: all found again, given up, or never heard of again. */
  readonly end: "filled" | "lost" | "open";
}

function outages(random: Random, seconds: number): Outage[] {
  const found: Outage[] = [];
  for (let n = random.below(3), from_ms = START_MS; n > 0; n--) {
    from_ms += random.between(15_000, (seconds * 1_000) / 3);
    const to_ms = from_ms + random.between(2_500, 16_000);
    if (to_ms > START_MS + (seconds - 10) * 1_000) break;
    const filled_ms = to_ms + random.between(0, 4_000);
    found.push({ from_ms, to_ms, filled_ms, end: random.pick(["filled", "filled", "lost", "open"] as const) });
    from_ms = filled_ms;
  }
  return found;
}

const gapOf = (outage: Outage, to_ms: number, revision: number, status: Gap["status"]): Gap => ({
  kind: "gap",
  origin: ORIGIN,
  id: gapId("alpha", "*", "trades", outage.from_ms),
  revision,
  provider: "alpha",
  symbol: "*",
  stream: "trades",
  from_seq: null,
  to_seq: null,
  from_ms: outage.from_ms - VOUCH_MS,
  to_ms,
  status,
});

/** Damaged, impossible and foreign things that a venue may send. */
function oddity(random: Random, one: Trade): MarketRecord {
  const id = `odd-${one.event_id}`;
  const bad = { ...one, event_id: id, trade_id: null };
  return random.pick<Trade>([
    { ...bad, price: 0 },
    { ...bad, price: -one.price },
    { ...bad, price: 1e18 },
    { ...bad, size: -1 },
    { ...bad, ts_ms: one.ts_ms + 60_000 },
  ]);
}

/** A market and the way it reaches us: latency, overtaking, repeats, silences with their fills, a failover, oddities. */
export function drawSchedule(seed: number, seconds: number): Schedule {
  const random = new Random(seed, "way");
  const end_ms = START_MS + seconds * 1_000;
  const silences = outages(random, seconds);
  const route_ms = random.chance(0.6) ? START_MS + random.between(30_000, seconds * 1_000 - 30_000) : null;
  const out: Delivery[] = [];
  const put = (at_ms: number, record: MarketRecord): void => void out.push({ at_ms, record });

  for (const bar of history(seed)) put(START_MS, bar);
  const routed = { kind: "route", origin: ORIGIN, symbol: FAILOVER, from_ms: START_MS, reason: "chosen" } as const;
  put(START_MS, { ...routed, provider: "alpha", epoch: 0 });
  if (route_ms !== null) put(route_ms, { ...routed, provider: "beta", epoch: 1, from_ms: route_ms });

  for (const one of trades(seed, seconds)) {
    let at_ms = one.ts_ms + random.between(3, 60);
    if (random.chance(0.03)) at_ms += random.between(100, 400);
    if (random.chance(0.004)) at_ms += random.between(600, 5_000);
    const silence = one.provider === "alpha" && silences.find((s) => at_ms >= s.from_ms && at_ms < s.to_ms);
    if (silence) {
      if (silence.end === "open" || (silence.end === "lost" && random.chance(0.5))) continue;
      at_ms = silence.filled_ms;
      put(at_ms, { ...one, recv_ms: at_ms, fill: gapId("alpha", "*", "trades", silence.from_ms) });
    } else put(at_ms, { ...one, recv_ms: at_ms });
    if (random.chance(0.02)) {
      const again_ms = at_ms + random.between(0, 20_000);
      put(again_ms, { ...one, recv_ms: again_ms });
    }
    if (random.chance(0.002)) put(at_ms, oddity(random, { ...one, recv_ms: at_ms }));
    if (random.chance(0.001)) out.push({ at_ms, garbage: '{"kind":"trade","pri', partition: random.below(16) });
    if (random.chance(0.01)) put(at_ms, quote(one, at_ms));
  }
  for (let at_ms = START_MS + BEAT_MS; at_ms <= end_ms + TAIL_MS; at_ms += BEAT_MS) {
    const silence = silences.find((s) => at_ms >= s.from_ms && at_ms < s.to_ms);
    const isSilent = silence !== undefined && at_ms >= silence.from_ms + SILENT_AFTER_MS;
    put(at_ms, beat("alpha", isSilent ? at_ms : at_ms - VOUCH_MS, isSilent ? "silence" : "clock"));
    put(at_ms, beat("beta", at_ms - VOUCH_MS, "venue"));
  }
  for (const silence of silences) {
    const noticed_ms = silence.from_ms + SILENT_AFTER_MS;
    put(noticed_ms, gapOf(silence, noticed_ms, 0, "open"));
    put(silence.filled_ms + 1, gapOf(silence, silence.to_ms, 1, silence.end));
  }
  return { deliveries: out.sort((a, b) => a.at_ms - b.at_ms), start_ms: START_MS, end_ms: end_ms + TAIL_MS };
}

const beat = (provider: string, ts_ms: number, reason: Heartbeat["reason"]): Heartbeat => ({
  kind: "heartbeat",
  origin: ORIGIN,
  provider,
  ts_ms,
  reason,
});

const quote = (one: Trade, recv_ms: number): MarketRecord => ({
  ver: 1,
  kind: "quote",
  origin: ORIGIN,
  provider: one.provider,
  symbol: one.symbol,
  ts_ms: one.ts_ms,
  recv_ms,
  seq: one.seq,
  event_id: `q-${one.event_id}`,
  bid: one.price,
  bid_size: 1,
  ask: one.price * 1.0001,
  ask_size: 1,
});
