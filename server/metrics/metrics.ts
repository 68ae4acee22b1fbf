import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { StoreHealth } from "../../core/ports/store.ts";
import { TOPICS } from "../../core/topics.ts";
import type { Cache } from "../cache/cache.ts";
import { flowMetrics } from "./flow.ts";
import { graphMetrics } from "./graph.ts";
import { inferenceMetrics, signalMetrics } from "./inference.ts";
import { alertMetrics, storeMetrics } from "./records.ts";
import { looked, type Registers, type Watched } from "./registers.ts";
import { within } from "./within.ts";

/** What the HTTP side tells and what /metrics answers. */
export interface HttpMetrics {
  watch(watched: Watched): void;
  answered(route: string, status: number, seconds: number): void;
  response(): Promise<Response>;
  close(): void;
}

const QUANTILES = [0.5, 0.99] as const;

export function createMetrics(version: string): HttpMetrics {
  const registry = new Registry();
  const registers = [registry];
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  const answers = new Counter({
    name: "tapebell_http_requests_total",
    help: "Requests answered, by route and status",
    labelNames: ["route", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "tapebell_http_request_duration_seconds",
    help: "Time until an answer began, by route",
    labelNames: ["route"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  new Gauge({ name: "tapebell_build_info", help: "Always 1", labelNames: ["version"], registers }).set({ version }, 1);
  processMetrics(registers, loop);
  const logs: LogFigures[] = [];
  const health: { store: StoreHealth | null } = { store: null };
  let unwatch = (): void => {};
  let refresh = async (): Promise<void> => {};
  return {
    watch: (watched) => {
      refresh = async () => {
        const store = watched.store();
        const [figures, found] = await Promise.all([
          logFigures(watched.cache),
          store === null ? null : within(store.health()),
        ]);
        logs.splice(0, logs.length, ...figures);
        health.store = found;
      };
      const unwatchAll = [alertMetrics, signalMetrics, graphMetrics].map((watch) => watch(registers, watched));
      unwatch = () => {
        for (const one of unwatchAll) one();
      };
      storeMetrics(registers, watched, health);
      cacheMetrics(registers, watched, logs);
      streamMetrics(registers, watched);
      statusMetrics(registers, watched);
      inferenceMetrics(registers, watched);
      flowMetrics(registers, watched);
    },
    answered: (route, status, seconds) => {
      answers.inc({ route, status });
      durations.observe({ route }, seconds);
    },
    response: async () => {
      await refresh();
      return new Response(await registry.metrics(), {
        headers: { "content-type": registry.contentType, "cache-control": "no-store" },
      });
    },
    close: () => {
      unwatch();
      loop.disable();
    },
  };
}

function processMetrics(registers: Registers, loop: ReturnType<typeof monitorEventLoopDelay>): void {
  looked(registers, "process_resident_memory_bytes", "Resident memory", [], () => [[{}, process.memoryUsage.rss()]]);
  looked(registers, "process_cpu_seconds_total", "CPU time of all threads", [], () => {
    const { user, system } = process.cpuUsage();
    return [[{}, (user + system) / 1e6]];
  });
  looked(
    registers,
    "tapebell_loop_delay_seconds",
    "How late the main thread gets to its work, since the last scrape",
    ["quantile"],
    () => {
      const found = QUANTILES.map((q) => [{ quantile: String(q) }, loop.percentile(q * 100) / 1e9] as const);
      loop.reset();
      return found;
    },
  );
}

function cacheMetrics(registers: Registers, { cache }: Watched, logs: readonly LogFigures[]): void {
  const { state } = cache;
  looked(registers, "tapebell_records_total", "Records read from the bus by the server", ["topic"], () =>
    cache.reading().map(({ topic, records }) => [{ topic: TOPICS[topic].name }, records]),
  );
  looked(registers, "tapebell_records_rejected_total", "Records the server could not use", ["topic"], () =>
    [...state.rejected].map(([topic, count]) => [{ topic: TOPICS[topic].name }, count]),
  );
  looked(registers, "tapebell_log_breaks_total", "Logs made anew or cut short under the server", [], () => [
    [{}, cache.breaks],
  ]);
  looked(registers, "tapebell_cache_series", "Symbol and interval pairs held", [], () => [[{}, state.series.size]]);
  looked(registers, "tapebell_cache_bars", "Final bars held", [], () => [
    [{}, [...state.series.values()].reduce((sum, one) => sum + one.finals.length, 0)],
  ]);
  looked(registers, "tapebell_gaps", "Gaps by what became of them", ["status"], () =>
    Object.entries(state.gapCounts).map(([status, count]) => [{ status }, count]),
  );
  looked(registers, "tapebell_dead_letters_total", "Records that could not be used, by reason", ["reason"], () =>
    [...state.deadLetters].map(([reason, count]) => [{ reason }, count]),
  );
  looked(registers, "tapebell_reader_lag_records", "Written and not yet read by the server", ["topic"], () =>
    logs.map(({ topic, end, next }) => [{ topic }, Math.max(0, end - next)]),
  );
  looked(registers, "tapebell_bus_records", "Records a topic holds", ["topic"], () =>
    logs.map(({ topic, start, end }) => [{ topic }, end - start]),
  );
}

interface LogFigures {
  readonly topic: string;
  readonly start: number;
  readonly end: number;
  /** What the server reads next. */
  readonly next: number;
}

async function logFigures(cache: Cache): Promise<LogFigures[]> {
  const asked = cache.reading().map(async ({ topic, next }) => {
    const { name } = TOPICS[topic];
    const info = await within(cache.bus.info(name, 0));
    return info === null ? [] : [{ topic: name, start: info.start, end: info.end, next }];
  });
  return (await Promise.all(asked)).flat();
}

function streamMetrics(registers: Registers, { hub }: Watched): void {
  const { counts } = hub;
  looked(registers, "tapebell_sse_clients", "Open event streams", [], () => [[{}, hub.size]]);
  looked(registers, "tapebell_sse_waiting_bytes", "Events that wait for clients to read", [], () => [
    [{}, hub.waitingBytes],
  ]);
  looked(registers, "tapebell_sse_events_total", "Events handed to clients", ["event"], () =>
    [...counts.events].map(([event, count]) => [{ event }, count]),
  );
  looked(registers, "tapebell_sse_coalesced_total", "Latest-wins events that newer ones replaced unsent", [], () => [
    [{}, counts.coalesced],
  ]);
  looked(registers, "tapebell_sse_ends_total", "Streams that ended, by reason", ["reason"], () =>
    [...counts.ends].map(([reason, count]) => [{ reason }, count]),
  );
  looked(registers, "tapebell_sse_resets_total", "Clients told to load history anew, by reason", ["reason"], () =>
    [...counts.resets].map(([reason, count]) => [{ reason }, count]),
  );
  looked(registers, "tapebell_sse_refused_total", "Streams refused because too many were open", [], () => [
    [{}, counts.refused],
  ]);
}

function statusMetrics(registers: Registers, { status }: Watched): void {
  const parts = () => status().parts;
  looked(registers, "tapebell_ready", "1 when everything works", [], () => [[{}, status().ready ? 1 : 0]]);
  looked(registers, "tapebell_part_up", "1 while a part is live, by part and state", ["part", "state"], () =>
    parts().map(({ part, state }) => [{ part, state }, state === "live" ? 1 : 0]),
  );
  looked(registers, "tapebell_part_lag_records", "Records a part has not read yet", ["part"], () =>
    parts().flatMap(({ part, lag }) => (lag === undefined ? [] : [[{ part }, lag] as const])),
  );
  looked(registers, "tapebell_part_count", "What parts count, by part and name", ["part", "name"], () =>
    parts().flatMap(({ part, counters }) =>
      Object.entries(counters ?? {}).map(([name, n]) => [{ part, name }, n] as const),
    ),
  );
  looked(registers, "tapebell_feed_latency_seconds", "Exchange time to receive time", ["quantile"], () => {
    const { latency_ms_p50: p50, latency_ms_p95: p95 } = status();
    const found = [["0.5", p50] as const, ["0.95", p95] as const];
    return found.flatMap(([quantile, ms]) => (ms === null ? [] : [[{ quantile }, ms / 1000] as const]));
  });
  looked(registers, "tapebell_freshness_seconds", "Age of the newest trade that reached a bar", [], () => {
    const { newest_ts_ms, ts_ms } = status();
    return newest_ts_ms === null ? [] : [[{}, (ts_ms - newest_ts_ms) / 1000]];
  });
}
