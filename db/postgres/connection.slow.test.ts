import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { codeOf } from "../faults.ts";
import { openStore } from "../index.ts";
import { NO_POSTGRES, ownServer, sideConnection, throwawayDatabase } from "../test-support/postgres.ts";
import { parsePostgresUrl } from "./address.ts";
import { Lanes } from "./lanes.ts";

const lanesTo = (url: string, change: { statement_ms?: number; lanes?: number } = {}): Lanes =>
  new Lanes({
    address: parsePostgresUrl(url),
    application: "test",
    connect_ms: 2_000,
    statement_ms: 5_000,
    search_path: "public",
    lanes: 1,
    waiting_max: 100,
    ...change,
  });

const codeFrom = (call: Promise<unknown>): Promise<string> => call.then(() => "none", codeOf);

describe.skipIf(NO_POSTGRES !== null)(NO_POSTGRES ?? "a real server, as it is reached", () => {
  let server: Awaited<ReturnType<typeof ownServer>>;
  let deaf: Server;
  beforeAll(async () => {
    server = await ownServer({ tls: true });
    deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
  }, 60_000);
  afterAll(async () => {
    deaf.close();
    await server.dispose();
  }, 30_000);

  const url = (host: string, params: string, port = server.port): string =>
    `postgres://${server.user}:${server.password}@${host}:${port}/postgres${params}`;
  const encrypted = async (address: string): Promise<unknown> => {
    const lanes = lanesTo(address);
    const rows = await lanes
      .run("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", [], false)
      .finally(() => lanes.end(1_000));
    return (rows[0] as { ssl: boolean }).ssl;
  };

  test("each sslmode does what libpq's does", async () => {
    const ca = `sslrootcert=${encodeURIComponent(server.caFile ?? "")}`;
    expect(await encrypted(url("127.0.0.1", "?sslmode=disable"))).toBe(false);
    expect(await encrypted(url("127.0.0.1", ""))).toBe(true);
    expect(await encrypted(url("127.0.0.1", "?sslmode=require"))).toBe(true);
    expect(await encrypted(url("127.0.0.1", `?sslmode=verify-ca&${ca}`))).toBe(true);
    expect(await encrypted(url("localhost", `?sslmode=verify-full&${ca}`))).toBe(true);
    // An authority nobody named; then the right authority and the wrong name.
    expect(await codeFrom(encrypted(url("localhost", "?sslmode=verify-full")))).not.toBe("none");
    expect(await codeFrom(encrypted(url("127.0.0.1", `?sslmode=verify-full&${ca}`)))).not.toBe("none");
  });

  test("an untrusted certificate is said at once, with what to check", async () => {
    const failure = await openStore({ kind: "postgres", url: url("localhost", "?sslmode=verify-full") }, "live").catch(
      (e) => e,
    );
    expect(failure).toMatchObject({ kind: "usage", code: "database_tls" });
  });

  test("over a Unix socket", async () => {
    const folder = encodeURIComponent(server.socketDir);
    expect(await encrypted(url("", `?host=${folder}`))).toBe(false);
    expect(await encrypted(url(folder, ""))).toBe(false);
  });

  test("a wrong password, an unknown user or database: said at once, without the password", async () => {
    for (const [address, code] of [
      [url("127.0.0.1", "").replace(server.password, "wrong-secret"), "database_login"],
      [url("127.0.0.1", "").replace(server.user, "nobody_here"), "database_login"],
      [url("127.0.0.1", "").replace(/postgres$/, "no_such_database"), "database_missing"],
    ] as const) {
      const failure = await openStore({ kind: "postgres", url: address }, "live").catch((e) => e);
      expect(failure).toMatchObject({ kind: "usage", code });
      expect(`${failure.message} ${failure.hint}`).not.toContain("wrong-secret");
    }
  });

  test("a server that takes the connection and never answers does not hang a caller", async () => {
    const { port } = deaf.address() as { port: number };
    for (const params of ["?sslmode=disable", "?sslmode=require"]) {
      const lanes = lanesTo(url("127.0.0.1", params, port), { statement_ms: 1_000 });
      expect(await codeFrom(lanes.run("SELECT 1", [], false))).toMatch(/DEADLINE|CONNECT_TIMEOUT/);
      await lanes.end(1_000);
    }
  });

  test("a statement beyond its limit is stopped by the server, and the lane lives", async () => {
    const lanes = lanesTo(server.url, { statement_ms: 300 });
    expect(await codeFrom(lanes.run("SELECT pg_sleep(30)", [], false))).toBe("57014");
    expect(await lanes.run("SELECT 1 AS one", [], false)).toMatchObject([{ one: 1 }]);
    expect(lanes.discarded).toBe(0);
    await lanes.end(1_000);
  });

  test("who waits for a lane longer than its limit is told so, and more than may wait are refused", async () => {
    const lanes = new Lanes({ ...lanesTo(server.url).options, waiting_max: 1 });
    const slow = lanes.run("SELECT pg_sleep(0.6)", [], false);
    const waits = codeFrom(lanes.run("SELECT 1", [], false, 200));
    expect(await codeFrom(lanes.run("SELECT 1", [], false))).toBe("store_busy");
    expect(await waits).toBe("LANE_WAIT");
    await slow;
    await lanes.end(1_000);
  });

  test("the end waits for what is under way, and the server hears a goodbye", async () => {
    const lanes = lanesTo(server.url, { lanes: 2 });
    await lanes.run("SELECT 1", [], false);
    const slow = [1, 2].map(() => lanes.run("SELECT pg_sleep(0.4)", [], false));
    const third = lanes.run("SELECT 3 AS n", [], false);
    await lanes.end(5_000);
    expect(await third).toMatchObject([{ n: 3 }]);
    expect((await Promise.all(slow)).length).toBe(2);
    expect(await codeFrom(lanes.run("SELECT 1", [], false))).toBe("LANE_ENDED");
    const side = sideConnection(server.url);
    const left = await side`SELECT 1 FROM pg_stat_activity WHERE application_name = 'test'`;
    await side.end({ timeout: 2 });
    expect(left).toHaveLength(0);
    expect(await Bun.file(`${server.socketDir}/log`).text()).not.toContain("unexpected EOF");
  });

  test("eight starters at once migrate one empty database", async () => {
    const { url: fresh, drop } = await throwawayDatabase(server.url);
    const stores = await Promise.all(
      Array.from({ length: 8 }, () => openStore({ kind: "postgres", url: fresh }, "live")),
    );
    await Promise.all(stores.map((store) => store.close()));
    const side = sideConnection(fresh);
    const applied = await side`SELECT count(*)::int AS n, count(DISTINCT hash)::int AS kinds FROM tapebell_migrations`;
    await side.end({ timeout: 2 });
    await drop();
    expect(applied[0]).toMatchObject({ n: applied[0]?.kinds });
  });

  test("live and synthetic records of one database do not see each other", async () => {
    const { url: both, drop } = await throwawayDatabase(server.url);
    const live = await openStore({ kind: "postgres", url: both }, "live");
    const synthetic = await openStore({ kind: "postgres", url: both }, "synthetic");
    const price = { kind: "price" as const, symbol: "X", price: 1, time: "2024-01-01T00:00:00.000Z" };
    await synthetic.writePrices(null, [price]);
    const range = { symbol: "X", from_ms: 0, to_ms: 8e14, limit: 5 };
    expect(await synthetic.readPrices(range)).toEqual([price]);
    expect(await live.readPrices(range)).toEqual([]);
    await Promise.all([live.close(), synthetic.close()]);
    await drop();
  });

  test("where TimescaleDB is installed the source's four tables become hypertables", async () => {
    const { url: timed, drop } = await throwawayDatabase(server.url);
    const side = sideConnection(timed);
    // The extension itself is not in every distribution: a stand-in under its name notes what it is asked for.
    await side.unsafe(`SET allow_system_table_mods = on;
      INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        VALUES (99999, 'timescaledb', 10, 2200, true, '0');
      CREATE TABLE asked (what text);
      CREATE FUNCTION create_hypertable(relation regclass, time_column_name name, if_not_exists boolean, migrate_data boolean)
        RETURNS void LANGUAGE sql AS 'INSERT INTO asked VALUES (relation || '' by '' || time_column_name)'`);
    await (await openStore({ kind: "postgres", url: timed }, "live")).close();
    const asked = await side`SELECT what FROM asked ORDER BY what`;
    await side.end({ timeout: 2 });
    await drop();
    expect(asked.map((row) => row.what)).toEqual([
      "anomalies by time",
      "headlines by time",
      "metrics by time",
      "prices by time",
    ]);
  });

  test("without TimescaleDB the source's tables are plain ones with an index by symbol and time", async () => {
    const { url: plain, drop } = await throwawayDatabase(server.url);
    await (await openStore({ kind: "postgres", url: plain }, "live")).close();
    const side = sideConnection(plain);
    const [extension] = await side`SELECT count(*)::int AS n FROM pg_extension WHERE extname = 'timescaledb'`;
    const indexes = await side`SELECT indexname FROM pg_indexes WHERE tablename = 'prices' ORDER BY 1`;
    await side.end({ timeout: 2 });
    await drop();
    expect(extension?.n).toBe(0);
    expect(indexes.map((row) => row.indexname)).toEqual(["prices_symbol_time", "prices_time_symbol_pk"]);
  });
});
