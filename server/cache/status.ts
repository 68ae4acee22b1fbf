import type { Nearest, Origin, PartState, PartStatus, Status } from "../../core/messages/index.ts";
import type { HeldPart } from "./state.ts";

/** What the supervisor knows of a worker thread. */
export interface WorkerFacts {
  readonly role: string;
  readonly state: "starting" | "running" | "restarting" | "gave_up" | "stopping" | "stopped";
  readonly text: string;
  readonly since_ms: number;
}

export interface StatusInput {
  readonly now_ms: number;
  readonly origin: Origin;
  readonly version: string;
  readonly started_ms: number;
  readonly workers: readonly WorkerFacts[];
  readonly parts: ReadonlyMap<string, HeldPart>;
  readonly isSeeded: boolean;
  /** Sentences of the server's own about what does not work now. */
  readonly troubles: readonly string[];
  readonly newest_ts_ms: number | null;
  /** What each share of the market said. */
  readonly nearest: Iterable<Nearest>;
  readonly gaps: { readonly open: number; readonly lost: number };
  readonly deadLetters: ReadonlyMap<string, number>;
}

/** Parts speak about once a second; after this they count as silent. */
const PART_SILENT_MS = 3_000;
const FEED = "feed:";

const WORKER_STATE: Record<WorkerFacts["state"], PartState> = {
  starting: "starting",
  running: "live",
  restarting: "offline",
  gave_up: "failed",
  stopping: "offline",
  stopped: "offline",
};

/** From best to worst: the order in which feeds are preferred on the trust bar. */
const STATES: readonly PartState[] = ["live", "ended", "catching_up", "stale", "starting", "offline", "failed"];
const isWell = (state: PartState): boolean => state === "live" || state === "ended";
/** States in which what is served is true, if not complete. */
const isServing = (state: PartState): boolean => isWell(state) || state === "catching_up" || state === "stale";
/** Whoever is in such a state has to go on saying so; what has ended said its last word. */
const goesOnSaying = (state: PartState): boolean => isServing(state) && state !== "ended";

/** A feed that names what it serves is the one that is shown; the others are ready to take over. */
const standsBy = (status: PartStatus): boolean => status.symbols === undefined;

interface Seen {
  readonly status: PartStatus;
  readonly since_ms: number;
}

function seen(held: HeldPart, now_ms: number): Seen {
  const silent_ms = now_ms - held.received_ms;
  const { since_ms } = held;
  // Figures by symbol are for /metrics: nobody wants them once a second on every stream.
  const { graph: _figures, ...status } = held.status;
  if (silent_ms <= PART_SILENT_MS || !goesOnSaying(status.state)) return { status, since_ms };
  const text = `Silent for ${Math.floor(silent_ms / 1000)} s; it last said: ${status.text}`.slice(0, 500);
  return { status: { ...status, state: "stale", text }, since_ms: held.received_ms };
}

const workerPart = (worker: WorkerFacts, now_ms: number): PartStatus => ({
  kind: "part_status",
  part: `worker:${worker.role}`.slice(0, 64),
  ts_ms: now_ms,
  state: WORKER_STATE[worker.state],
  text: worker.text.slice(0, 500),
});

const NEAREST_SHOWN = 3;
/** All shares of the market hear the same heartbeats: one that is further behind than this does not speak of now. */
const NEAREST_BEHIND_MS = 60_000;

/** Over the whole market: who is nearest to firing, and the counts of the newest day. */
function foldNearest(said: Iterable<Nearest>): Status["nearest"] {
  const all = [...said];
  if (all.length === 0) return undefined;
  const newest_ms = Math.max(...all.map((one) => one.ts_ms));
  const day =
    all
      .map((one) => one.day)
      .sort()
      .at(-1) ?? "";
  const today = all.filter((one) => one.day === day);
  const sum = (count: "trades" | "moves_weighed" | "bad_prints" | "alerts"): number =>
    today.reduce((total, one) => total + one[count], 0);
  const items = all
    .filter((one) => newest_ms - one.ts_ms <= NEAREST_BEHIND_MS)
    .flatMap((one) => one.items)
    // What is beyond its limit has fired, or was not believed: neither is near.
    .filter((one) => one.share < 1)
    .sort((a, b) => b.share - a.share || (a.symbol < b.symbol ? -1 : 1))
    .slice(0, NEAREST_SHOWN);
  return {
    items,
    day,
    trades: sum("trades"),
    moves_weighed: sum("moves_weighed"),
    bad_prints: sum("bad_prints"),
    alerts: sum("alerts"),
  };
}

/** Folds what the parts, the cache and the supervisor say into the one card the trust bar shows. */
export function foldStatus(input: StatusInput): Status {
  const { now_ms } = input;
  const heard = [...input.parts.values()].map((held) => seen(held, now_ms));
  const feeds = heard
    .filter(({ status }) => status.part.startsWith(FEED))
    .sort(
      (a, b) =>
        Number(standsBy(a.status)) - Number(standsBy(b.status)) ||
        STATES.indexOf(a.status.state) - STATES.indexOf(b.status.state) ||
        b.since_ms - a.since_ms,
    );
  const feed = feeds[0];
  const server: PartStatus = {
    kind: "part_status",
    part: "cache",
    ts_ms: now_ms,
    state: input.troubles.length > 0 ? "offline" : input.isSeeded ? "live" : "catching_up",
    text: input.troubles[0]?.slice(0, 500) ?? (input.isSeeded ? "Follows the log" : "Reading the log's newest part"),
  };
  const parts = [
    ...input.workers.map((worker) => workerPart(worker, now_ms)),
    ...heard.map((one) => one.status),
    server,
  ];
  const isSpare = (part: PartStatus): boolean => part.part.startsWith(FEED) && part !== feed?.status;
  const problems = parts.filter((part) => !isWell(part.state)).map((part) => `${part.part}: ${part.text}`);
  const nearest = foldNearest(input.nearest);
  if (feed === undefined) problems.push("No feed has reported yet");
  return {
    kind: "status",
    origin: input.origin,
    ts_ms: now_ms,
    version: input.version,
    started_ms: input.started_ms,
    ready: input.isSeeded && feed !== undefined && parts.every((part) => isServing(part.state) || isSpare(part)),
    problems,
    feed: {
      provider: feed?.status.part.slice(FEED.length) ?? "none",
      state: feed?.status.state ?? "starting",
      text: feed?.status.text ?? "No feed has reported yet",
      since_ms: feed?.since_ms ?? input.started_ms,
    },
    latency_ms_p50: feed?.status.latency_ms_p50 ?? null,
    latency_ms_p95: feed?.status.latency_ms_p95 ?? null,
    lag: parts.reduce((most, part) => Math.max(most, part.lag ?? 0), 0),
    newest_ts_ms: input.newest_ts_ms,
    gaps_open: input.gaps.open,
    gaps_lost: input.gaps.lost,
    bad_prints: nearest?.bad_prints ?? 0,
    ...(nearest !== undefined && { nearest }),
    dead_letters: Object.fromEntries(input.deadLetters),
    parts,
  };
}
