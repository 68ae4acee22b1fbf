import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import type { Book, MarketRecord, Trade } from "../../../core/messages/index.ts";
import { systemClock } from "../../clock.ts";
import { createReplayFeed } from "../../feeds/replay/feed.ts";
import { eventually, type LiveWorld, liveWorld } from "../../feeds/test-support/live-world.ts";
import { call } from "../test-support/call.ts";

setDefaultTimeout(60_000);

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-record-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A market with trades, quotes and a changing book, and the live feed that watches it. */
async function market(): Promise<LiveWorld> {
  const world = await liveWorld({ silent_after_ms: 5_000 });
  cleanups.push(() => world.stop());
  let n = 0;
  const timer = setInterval(() => {
    n++;
    for (const symbol of ["BTCUSDT", "ETHUSDT"]) {
      world.first.trade(symbol, (100 + (n % 9) / 10).toFixed(1));
      world.first.quote(symbol, "99.5", "101.5");
      world.first.change(symbol, { bids: [["99", `${n}`]], asks: [["101", "2"]] });
    }
  }, 10);
  cleanups.push(() => clearInterval(timer));
  return world;
}

const envOf = ({ first }: LiveWorld): Record<string, string> => ({
  PATH: process.env.PATH ?? "",
  BINANCE_STREAM: `${first.wsUrl}/stream`,
  BINANCE_REST: first.restUrl,
});

function recording(world: LiveWorld, out: string, ...more: string[]) {
  const argv = ["record", "--feed", "binance", "--out", out, "--symbols", "BTCUSDT,ETHUSDT", ...more];
  const child = Bun.spawn([process.execPath, MAIN, ...argv], { env: envOf(world), stdout: "pipe", stderr: "pipe" });
  cleanups.push(() => child.kill("SIGKILL"));
  return child;
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const plain = ({ recv_ms: _, origin: __, ...same }: Trade | Book) => same;

test("what is recorded decodes to what the live feed had: trades, and books to the last level", async () => {
  const world = await market();
  const out = join(folder(), "recording.gz");
  await eventually("live", () => world.trades().length > 20 && world.books().length > 20);
  const child = recording(world, out);
  await eventually("frames on disk", () => sizeOf(out) > 20_000);
  child.kill("SIGINT");
  expect(await child.exited).toBe(0);
  expect(await new Response(child.stdout).text()).toContain("frames of Binance");
  const { code, records, err } = await call(["decode", "binance", out]);
  expect([code, err]).toEqual([0, expect.stringContaining("control lines passed over")]);

  const recorded = records.filter(({ kind }) => kind === "trade") as unknown as Trade[];
  for (const symbol of ["BTCUSDT", "ETHUSDT"]) {
    const own = recorded.filter((trade) => trade.symbol === symbol);
    const live = new Map(world.trades().map((trade) => [trade.event_id, trade]));
    const ids = own.map(({ seq }) => seq);
    // Without a hole from the first to the last, and each as the live feed had it.
    expect(ids).toEqual(Array.from(ids, (_, i) => ids[0]! + i));
    expect(own.map(plain)).toEqual(own.map(({ event_id }) => plain(live.get(event_id)!)));
    const books = new Map(
      (records as unknown as Book[])
        .filter((book) => book.kind === "book" && book.symbol === symbol)
        .map((book) => [book.seq, book]),
    );
    // The first is the whole one that was asked for, and has the time of its asking.
    books.delete(Math.min(...books.keys()));
    const same = world.books().filter((book) => book.symbol === symbol && books.has(book.seq));
    expect(same.length).toBeGreaterThan(5);
    expect(same.map((book) => plain(books.get(book.seq)!))).toEqual(same.map(plain));
  }

  // Played again it is the same.
  const played: MarketRecord[] = [];
  const sink = {
    emit: async (some: readonly MarketRecord[]) => void played.push(...some),
    status: () => {},
    reject: () => {},
  };
  const options = { source: out, speed: null, late_ms: 500, clock: systemClock, stdin: Readable.from([]) };
  await createReplayFeed(options).run(sink, new AbortController().signal);
  const kept = ({ kind }: { kind?: unknown }): boolean => kind === "trade" || kind === "quote" || kind === "book";
  expect(played.filter(kept)).toEqual(records.filter(kept) as unknown as MarketRecord[]);
});

test("it ends at a size or a time, with a whole last line; what is there already is not written over", async () => {
  const world = await market();
  const dir = folder();
  const out = join(dir, "recording");
  const child = recording(world, out, "--max-bytes", "30K", "--channels", "trade");
  expect(await child.exited).toBe(0);
  const text = readFileSync(out, "utf8");
  expect(text.length).toBeGreaterThanOrEqual(30_000);
  expect(text.endsWith("}\n")).toBe(true);
  for (const line of text.trimEnd().split("\n").slice(1)) {
    expect(line).toMatch(/^\d{13}000000 \{/);
    JSON.parse(line.slice(20));
  }
  const timed = recording(world, join(dir, "timed.gz"), "--for", "1500ms");
  expect(await timed.exited).toBe(0);
  expect(
    gunzipSync(readFileSync(join(dir, "timed.gz")))
      .toString()
      .split("\n").length,
  ).toBeGreaterThan(20);
  const again = recording(world, out);
  expect(await again.exited).toBe(2);
  expect(await new Response(again.stderr).text()).toContain("is there already");
  expect(readFileSync(out, "utf8")).toBe(text);
});

test("a device that takes nothing is said", async () => {
  const world = await market();
  const child = recording(world, "/dev/full");
  expect(await child.exited).toBe(1);
  expect(await new Response(child.stderr).text()).toMatch(/\/dev\/full cannot be written any further.*ENOSPC/);
});

const canMount =
  Bun.spawnSync(["sh", "-c", "unshare -rm mount -t tmpfs tmpfs /mnt"], { stdout: "ignore", stderr: "ignore" })
    .exitCode === 0;
if (!canMount) console.log("skipped: a full disk needs unshare(1) and mount(1) with user namespaces");

test.skipIf(!canMount)("a disk that fills up is said, and what stands there is whole lines", async () => {
  const world = await market();
  const dir = folder();
  const [disk, kept] = [mkdtempSync(join(dir, "disk-")), join(dir, "kept")];
  const mount = `mount -t tmpfs -o size=64k tmpfs ${disk}`;
  const argv = `record --feed binance --out ${disk}/recording --symbols BTCUSDT,ETHUSDT`;
  const inside = `${mount}; ${process.execPath} ${MAIN} ${argv}; code=$?; cp ${disk}/recording ${kept}; exit $code`;
  const child = Bun.spawn(["unshare", "-rm", "sh", "-c", inside], {
    env: envOf(world),
    stdout: "pipe",
    stderr: "pipe",
  });
  expect(await child.exited).toBe(1);
  expect(await new Response(child.stderr).text()).toContain("what stands there is whole");
  const text = readFileSync(kept, "utf8");
  expect(text.length).toBeGreaterThan(10_000);
  expect(text.endsWith("\n")).toBe(true);
  expect((await call(["decode", "binance", kept])).err).not.toContain("could not be used");
});

test("a venue that does not answer is said, and nothing recorded is a failure", async () => {
  const dir = folder();
  const env = { BINANCE_STREAM: "ws://127.0.0.1:9/stream", BINANCE_REST: "http://127.0.0.1:9" };
  const argv = ["record", "--feed", "binance", "--out", join(dir, "none"), "--symbols", "BTCUSDT", "--for", "1s"];
  const { code, err } = await call(argv, { env });
  expect(code).toBe(1);
  expect(err).toContain("refuse");
});

test("wrong usage ends with what to do, before anything is written", async () => {
  const dir = folder();
  const out = join(dir, "x");
  const base = ["record", "--out", out, "--symbols", "BTCUSDT"];
  for (const [more, said] of [
    [["--feed", "binanse"], "did you mean binance?"],
    [["--feed", "synthetic"], "no frames to record"],
    [["--feed", "binance", "--for", "soon"], "--for"],
    [["--feed", "binance", "--max-bytes", "big"], "--max-bytes"],
    [["--feed", "binance", "--channels", "trade,news"], "news"],
    [["--feed", "binance", "--symbols", "?!"], "SYMBOLS"],
  ] as const) {
    const { code, err } = await call([...base, ...more]);
    expect([code, err.includes(said)]).toEqual([2, true]);
  }
  writeFileSync(join(dir, "file"), "");
  const { code, err } = await call([
    "record",
    "--feed",
    "binance",
    "--symbols",
    "BTCUSDT",
    "--out",
    join(dir, "file", "x"),
  ]);
  expect([code, err.includes("cannot be written")]).toEqual([2, true]);
});
