import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { Bar } from "../core/messages/index.ts";
import type { Store } from "../core/ports/store.ts";
import { connectEmbedded } from "../db/embedded/connect.ts";
import { embeddedIn, openStore, startEmbedded } from "../db/index.ts";
import { findPostgres, startPostgres } from "../scripts/services/postgres-server.ts";
import { type Figures, main, round, type Size, type Workload } from "./harness.ts";

const ROWS = 1_000;
const LANES = 4;
const T0 = 1_700_000_000_000;
const SIZES = { smoke: { batches: 2, rounds: 1 }, full: { batches: 40, rounds: 5 } } as const;

/** Rows a second, each round once fresh and once as revisions of the same rows. */
interface Rates {
  fresh: number[];
  revised: number[];
}
/** Sends batch no. `batch` of a lane with a revision; its rows are a function of these three alone. */
type Send = (lane: number, batch: number, revision: number) => Promise<unknown>;

const makeBatch = (lane: number, batch: number, revision: number): Bar[] =>
  Array.from({ length: ROWS }, (_, i) => {
    const start_ts_ms = T0 + (batch * ROWS + i) * 60_000;
    return {
      kind: "bar",
      origin: "live",
      bar_id: `S${lane}-${start_ts_ms}-1m`,
      revision,
      symbol: `S${lane}`,
      provider: "bench",
      interval: "1m",
      start_ts_ms,
      end_ts_ms: start_ts_ms + 60_000,
      open: 100.25 + (i % 50),
      high: 160.5 + (i % 50),
      low: 90.125 + (i % 50),
      close: 101.75 + (i % 50),
      volume: 12.5 + i,
      notional: 1250.75 + i,
      vwap: 100.0625 + (i % 50),
      trade_count: 10 + (i % 90),
      bin_count: 5,
      buy_volume: 6.25 + i,
      max_late_ms: 0.5,
      final: true,
      partial: false,
    };
  });

/** The same rows, made by the server itself: what is left is its own work. */
const SERVER_SIDE = `WITH gate AS (INSERT INTO offsets AS o (reader, log_id, topic, partition, position)
    VALUES ('ceiling', 'log', 'bench', $1::int, $4::bigint)
    ON CONFLICT (reader, log_id, topic, partition) DO UPDATE SET position = excluded.position
    WHERE o.position < excluded.position RETURNING 1),
  made AS (SELECT i, 'S' || $1::int AS symbol, ${T0} + ($2::bigint * ${ROWS} + i) * 60000 AS start_ts_ms
    FROM generate_series(0, ${ROWS - 1}) AS i),
  rows AS (INSERT INTO bars_ohlcv AS t (symbol, interval, start_ts_ms, origin, end_ts_ms, bar_id, revision, provider, open,
      high, low, close, volume, notional, vwap, trade_count, bin_count, buy_volume, max_late_ms, partial)
    SELECT symbol, '1m', start_ts_ms, 'live', start_ts_ms + 60000, symbol || '-' || start_ts_ms || '-1m', $3::bigint,
      'bench', 100.25 + i % 50, 160.5 + i % 50, 90.125 + i % 50, 101.75 + i % 50, 12.5 + i, 1250.75 + i,
      100.0625 + i % 50, 10 + i % 90, 5, 6.25 + i, 0.5, false FROM gate, made
    ON CONFLICT (symbol, interval, start_ts_ms, origin) DO UPDATE SET end_ts_ms = excluded.end_ts_ms,
      bar_id = excluded.bar_id, revision = excluded.revision, provider = excluded.provider, open = excluded.open,
      high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
      notional = excluded.notional, vwap = excluded.vwap, trade_count = excluded.trade_count,
      bin_count = excluded.bin_count, buy_volume = excluded.buy_volume, max_late_ms = excluded.max_late_ms,
      partial = excluded.partial, last_ts_ms = excluded.last_ts_ms, ingest_ts_ms = excluded.ingest_ts_ms
    WHERE (excluded.trade_count, excluded.revision) > (t.trade_count, t.revision) RETURNING 1)
  SELECT (SELECT count(*)::int FROM gate) AS applied, (SELECT count(*)::int FROM rows) AS written`;

async function timed(send: Send, batches: number, revision: number): Promise<number> {
  const start = performance.now();
  await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      for (let batch = 0; batch < batches; batch++) await send(lane, batch, revision);
    }),
  );
  return (LANES * batches * ROWS) / ((performance.now() - start) / 1_000);
}

const storeSender = (store: Store, batches: number): Send => {
  const made = [0, 1].map((revision) =>
    Array.from({ length: LANES }, (_, lane) =>
      Array.from({ length: batches }, (_, batch) => makeBatch(lane, batch, revision)),
    ),
  );
  let position = 0;
  return async (partition, batch, revision) => {
    position++;
    const source = { reader: "bench", log_id: "log", topic: "bench", partition, position };
    const { written } = await store.writeBars(source, made[revision]?.[partition]?.[batch] ?? []);
    if (written !== ROWS) throw new Error(`${written} of ${ROWS} rows were written`);
  };
};

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
/** A store, and a way past it to the same tables. */
interface Opened {
  readonly version: string;
  readonly store: Store;
  readonly alone: (text: string, params: (string | number)[]) => Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

async function openServer(bin: string, dir: string): Promise<Opened> {
  const server = await startPostgres(bin, { tempDir: dir });
  const store = await openStore({ kind: "postgres", url: server.url, write_lanes: LANES }, "live");
  const side = postgres(server.url, { max: LANES, onnotice: () => undefined });
  const [version] = await side`SHOW server_version`;
  return {
    version: `PostgreSQL ${version?.server_version}`,
    store,
    alone: async (text, params) => await side.unsafe(text, params, { prepare: params.length > 0 }),
    async close() {
      await store.close();
      await side.end({ timeout: 2 });
      await server.remove();
    },
  };
}

async function openEmbedded(dir: string): Promise<Opened> {
  const database = await startEmbedded({ ...embeddedIn(dir), backup_every_ms: 0 });
  const store = await openStore({ kind: "embedded", port: database.port() }, "live");
  const side = connectEmbedded(database.port());
  return {
    version: "embedded",
    store,
    alone: (text, params) => side.write<Record<string, unknown>>(text, params),
    async close() {
      await store.close();
      await side.close();
      await database.close();
    },
  };
}

/** In turns, so that whatever else the machine does falls on both alike. */
async function beside({ store, alone }: Opened, size: Size) {
  const { batches, rounds } = SIZES[size];
  let position = 0;
  const serverSide: Send = (lane, batch, revision) => alone(SERVER_SIDE, [lane, batch, revision, ++position]);
  const ours = { fresh: [] as number[], revised: [] as number[], send: storeSender(store, batches), hash: "" };
  const ceiling = { fresh: [] as number[], revised: [] as number[], send: serverSide, hash: "" };
  for (let at = 0; at < rounds; at++) {
    for (const one of at % 2 === 0 ? [ours, ceiling] : [ceiling, ours]) {
      await alone("TRUNCATE bars_ohlcv", []);
      await alone("CHECKPOINT", []);
      one.fresh.push(await timed(one.send, batches, 0));
      one.revised.push(await timed(one.send, batches, 1));
      const [sum] = await alone(
        "SELECT count(*) || ':' || sum(hashtext(t::text)::bigint) AS hash FROM bars_ohlcv t",
        [],
      );
      one.hash = String(sum?.hash);
    }
  }
  return { ours, ceiling };
}

const figuresOf = ({ fresh, revised }: Rates): Figures => ({
  fresh_rows_per_s: round(middle(fresh), 0),
  revised_rows_per_s: round(middle(revised), 0),
});

async function embeddedFigures(dir: string): Promise<Figures> {
  const opened = await openEmbedded(dir);
  const { ours } = await beside(opened, "smoke");
  await opened.close();
  const { fresh_rows_per_s, revised_rows_per_s } = figuresOf(ours);
  return { embedded_fresh_rows_per_s: fresh_rows_per_s ?? 0, embedded_revised_rows_per_s: revised_rows_per_s ?? 0 };
}

const workload: Workload = {
  name: "store-upserts",
  targets: [
    { figure: "fresh_of_ceiling", min: 0.85 },
    { figure: "revised_of_ceiling", min: 0.85 },
  ],
  async run(size) {
    const dir = mkdtempSync(join(tmpdir(), "tapebell-bench-"));
    const bin = findPostgres();
    if (bin === null && size === "full")
      throw new Error("this needs a PostgreSQL server (Debian: apt-get install postgresql)");
    const opened = bin === null ? await openEmbedded(dir) : await openServer(bin, dir);
    try {
      const { ours, ceiling } = await beside(opened, size);
      const [mine, theirs] = [figuresOf(ours), figuresOf(ceiling)];
      const share = (name: string): number => round((mine[name] ?? 0) / (theirs[name] ?? 1), 3);
      return {
        result_hash: ours.hash,
        figures: {
          ...mine,
          fresh_of_ceiling: share("fresh_rows_per_s"),
          revised_of_ceiling: share("revised_rows_per_s"),
          ...(size === "full" ? await embeddedFigures(dir) : {}),
        },
        peer: { name: "the server alone (generate_series)", result_hash: ceiling.hash, figures: theirs },
        versions: { database: opened.version },
      };
    } finally {
      await opened.close();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

if (import.meta.main) await main(workload);
