import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { findPostgres, startPostgres } from "../../scripts/services/postgres-server.ts";
import { lockDataDir } from "../data-dir/lock.ts";
import { call } from "./test-support/call.ts";

const dir = mkdtempSync(join(tmpdir(), "tapebell-migrate-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const settings = (sets: readonly string[]): string[] => sets.flatMap((set) => ["--set", set]);

test("embedded: made once, then at this version; the folder's lock is respected", async () => {
  const argv = ["migrate", ...settings([`DATA_DIR=${dir}`])];
  const made = await call(argv);
  expect([made.code, made.err]).toEqual([0, ""]);
  expect(made.out).toMatch(/^embedded database \S+synthetic\/store: made \((\d+) of \1 migrations\)\n$/);
  expect(existsSync(join(dir, "live"))).toBe(false);
  expect((await call(argv)).out).toContain("opened and brought to this version");
  const lock = await lockDataDir(dir);
  const refused = await call(argv);
  expect([refused.code, refused.out]).toEqual([2, ""]);
  expect(refused.err).toContain(`in use by process ${process.pid}`);
  lock.release();
}, 120_000);

test("wrong usage: exit 2; a server that is not there: exit 1 and its name, without the password", async () => {
  expect((await call(["migrate", ...settings(["DATABASE_URL=mysql://x/y"])])).code).toBe(2);
  const url = "DATABASE_URL=postgres://me:hunter2@127.0.0.1:1/nowhere";
  const { code, err } = await call(["migrate", ...settings([url])]);
  expect([code, err.trim().split("\n").length]).toEqual([1, 1]);
  expect(err).toContain("127.0.0.1:1/nowhere");
  expect(err).not.toContain("hunter2");
}, 60_000);

const bin = findPostgres();
const named = process.env.TEST_POSTGRES_URL ?? "";
const why = named === "" && bin === null ? "no PostgreSQL server was found (Debian: apt-get install postgresql)" : null;

describe.skipIf(why !== null)(why ?? "over a real server", () => {
  test("two at once both end well; a third finds nothing to do; doctor sees before and after", async () => {
    const server = named === "" ? await startPostgres(bin ?? "", { tempDir: dir }) : null;
    const side = postgres(server?.url ?? named, { max: 1, onnotice: () => undefined });
    const name = `tapebell_test_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
    await side.unsafe(`CREATE DATABASE ${name}`);
    const own = new URL(server?.url ?? named);
    own.pathname = `/${name}`;
    const argv = settings([`DATABASE_URL=${own.href}`, `DATA_DIR=${join(dir, "doctor")}`, "PORT=0", "FEED=synthetic"]);
    try {
      const before = await call(["doctor", ...argv]);
      expect(before.code).toBe(1);
      expect(before.out).toMatch(
        /^problem store: the tables of live and synthetic .*— run `bun run tapebell migrate`/m,
      );
      const [one, two] = await Promise.all([call(["migrate", ...argv]), call(["migrate", ...argv])]);
      expect([one.code, two.code, one.err, two.err]).toEqual([0, 0, "", ""]);
      const [row] = await side.unsafe("SELECT count(*)::int AS n FROM pg_extension WHERE extname = 'timescaledb'");
      expect(one.out).toContain(row?.n === 0 ? "without TimescaleDB" : "TimescaleDB is there");
      const third = await call(["migrate", ...argv]);
      expect(third.out.match(/already at this version \((\d+) of \1 migrations\)/g)).toHaveLength(2);
      const after = await call(["doctor", ...argv]);
      expect(after.out).toMatch(/^ok {6}store: .*PostgreSQL \d+.*tables at this version$/m);
      expect(after.out + third.out).not.toContain(own.password);
      const made = postgres(own.href, { max: 1, onnotice: () => undefined });
      await made.unsafe(
        "UPDATE tapebell_migrations SET hash = hash; INSERT INTO tapebell_migrations (hash, created_at) VALUES ('x', 9e15)",
      );
      await made.end();
      expect((await call(["doctor", ...argv])).out).toContain("of a newer Tapebell than this");
      await side.unsafe(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
      expect((await call(["doctor", ...argv])).out).toContain("takes no writes — name the primary");
    } finally {
      await side.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await side.end({ timeout: 2 });
      await server?.remove();
    }
  }, 120_000);

  test("a server that is not there is a problem with its name", async () => {
    const argv = settings([
      "DATABASE_URL=postgres://me:hunter2@127.0.0.1:1/x",
      `DATA_DIR=${join(dir, "d2")}`,
      "PORT=0",
    ]);
    const { code, out } = await call(["doctor", ...argv]);
    expect(code).toBe(1);
    expect(out).toMatch(/^problem store: .*127\.0\.0\.1:1\/x.* — /m);
    expect(out).not.toContain("hunter2");
  }, 60_000);
});
