import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockDataDir } from "../../data-dir/lock.ts";
import { MODELS } from "../../inference/test-support/models.ts";
import { loadSettings } from "../../settings/load.ts";
import { call } from "../test-support/call.ts";
import { feed } from "./feed.ts";
import { bun, chromium, disk, page } from "./machine.ts";

const LOCK_CHILD = new URL("../../data-dir/test-support/lock-child.ts", import.meta.url).pathname;
const root = mkdtempSync(join(tmpdir(), "tapebell-doctor-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let dir = "";
let n = 0;
beforeEach(() => {
  dir = join(root, String(n++));
});

const NOTHING: readonly string[] = [];
/** `ok …` and `problem …` lines without those that tell of this machine. */
async function doctor(sets: readonly string[] = NOTHING, env: Record<string, string> = {}) {
  const all = [`DATA_DIR=${dir}`, "PORT=0", "FEED=synthetic", ...sets].flatMap((set) => ["--set", set]);
  const { code, out, err } = await call(["doctor", ...all], { env: { PATH: process.env.PATH ?? "", ...env } });
  const lines = out.trimEnd().split("\n");
  for (const line of lines) expect(line).toMatch(/^(ok {6}|problem )\S/);
  const told = lines.filter((line) => !/^\w+ +(Bun|page|browser|disk)/.test(line));
  return { code, err, lines, told, problems: lines.filter((line) => line.startsWith("problem")) };
}

describe("doctor", () => {
  test("a fresh folder: every part is tried, nothing is left behind but the lock's file", async () => {
    const { code, lines, told, problems, err } = await doctor();
    expect(told.map((line) => line.slice(8).split(":")[0])).toEqual([
      "settings",
      "feed",
      "rules",
      "data folder",
      "log",
      "bus embedded",
      "store",
      "port",
    ]);
    expect(told.every((line) => line.startsWith("ok"))).toBe(true);
    expect(lines.length).toBe(12);
    expect([code, err]).toEqual([problems.length === 0 ? 0 : 1, ""]);
    expect(readdirSync(dir)).toEqual(["lock"]);
    (await lockDataDir(dir, 0)).release();
  });

  test("a wrong setting, a feed and a bus this version has not: what, and what to do", async () => {
    const port = await doctor(["PORT=eighty"]);
    expect([port.code, port.problems[0]]).toEqual([1, expect.stringContaining("PORT=eighty")]);
    const feed = await doctor(["FEED=replay"]);
    expect(feed.problems[0]).toContain("REPLAY_FILE");
    const kafka = await doctor(["BUS=kafka"]);
    expect(kafka.problems[0]).toContain("— use BUS=embedded");
  });

  test("rules and models are read as a start reads them", async () => {
    const model = (file: string, features: string) =>
      doctor([
        "inference.adapters.model.enabled=true",
        `inference.adapters.model.model_path=${join(MODELS, file)}`,
        `inference.adapters.model.features=${features}`,
      ]);
    const good = await model("forest.onnx", "[n, rsi, vol_5m_vol]");
    expect(good.told.find((line) => line.includes("model: "))).toMatch(
      /^ok {6}model: forest \(.*\) loads and reads vwap_1m_n, vwap_1m_rsi_cutler14, vol_5m_vol$/,
    );
    const bad = await model("forest.onnx", "[n]");
    expect(bad.problems.find((line) => line.includes("model: "))).toContain(
      "wants 3 features and is given 1 — list exactly those it was trained on",
    );
    const rules = await doctor(["inference.adapters.rules.file=none.yaml"]);
    expect(rules.problems.find((line) => line.includes("rules: "))).toContain("none.yaml cannot be read");
  });

  test("a folder that another process has is not opened a second time: its pid, and how to stop it", async () => {
    const child = Bun.spawn([process.execPath, LOCK_CHILD, dir, "0"], { stdout: "pipe" });
    const reader = child.stdout.getReader();
    await reader.read();
    try {
      const { code, told } = await doctor();
      expect(code).toBe(1);
      expect(told.filter((line) => /bus|log|store/.test(line))).toEqual([]);
      expect(told).toContainEqual(
        expect.stringMatching(
          new RegExp(`^problem .*process ${child.pid}, which does not answer — .*kill ${child.pid}`),
        ),
      );
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
    expect((await doctor()).told.every((line) => line.startsWith("ok"))).toBe(true);
  }, 20_000);

  test("beside a Tapebell that runs: it is asked, and what it says counts", async () => {
    let status = 200;
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) =>
        request.url.endsWith("/health")
          ? Response.json({ ok: true })
          : Response.json({ detail: "The store is closed" }, { status }),
    });
    const lock = await lockDataDir(dir);
    try {
      const good = await doctor([`PORT=${server.port}`]);
      expect(good.told.every((line) => line.startsWith("ok"))).toBe(true);
      expect(good.told.at(-1)).toContain(`answers at http://127.0.0.1:${server.port}`);
      status = 503;
      const bad = await doctor([`PORT=${server.port}`]);
      expect([bad.code, bad.told.at(-1)]).toEqual([1, expect.stringContaining("not ready: The store is closed")]);
    } finally {
      lock.release();
      await server.stop(true);
    }
  }, 20_000);

  test("a port that is taken, and an open address without keys", async () => {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("other") });
    const taken = await doctor([`PORT=${server.port}`]);
    expect([taken.code, taken.told.at(-1)]).toEqual([
      1,
      expect.stringContaining(`Port ${server.port} is in use; set PORT`),
    ]);
    await server.stop(true);
    expect((await doctor(["HOST=0.0.0.0"])).told.at(-1)).toContain("— set API_KEYS");
  });

  test.skipIf(process.getuid?.() === 0)("a folder that may not be written (as root every folder may)", async () => {
    mkdirSync(dir);
    chmodSync(dir, 0o500);
    const { told } = await doctor();
    expect(told).toContainEqual(expect.stringContaining("— give this user write access"));
  });

  test("a path that is no folder", async () => {
    writeFileSync(dir, "");
    const { code, told } = await doctor();
    expect([code, told[3]]).toEqual([
      1,
      expect.stringMatching(/^problem data folder: .*— give this user write access/),
    ]);
  });

  test("a damaged log and a damaged store are told, and left as they are", async () => {
    const segment = join(dir, "live", "bus", "tape.bars", "00000001.sqlite");
    mkdirSync(join(dir, "live", "bus", "tape.bars"), { recursive: true });
    writeFileSync(segment, "this is no database at all, and long enough to be looked at ".repeat(100));
    mkdirSync(join(dir, "synthetic", "store"), { recursive: true });
    writeFileSync(join(dir, "synthetic", "store.broken"), "checksum");
    cpSync(dir, `${dir}-before`, { recursive: true });
    const { code, problems } = await doctor();
    expect(code).toBe(1);
    expect(problems.some((line) => line.includes(`${segment} cannot be read`))).toBe(true);
    expect(problems.some((line) => line.includes("is damaged: checksum — start once"))).toBe(true);
    expect(await Bun.file(segment).text()).toBe(await Bun.file(segment.replace(dir, `${dir}-before`)).text());
    expect(existsSync(join(dir, "synthetic", "store.broken"))).toBe(true);
  });
});

describe("the feed", () => {
  const told = (FEED: string, provider: string | null) => {
    const { settings } = loadSettings({ env: { FEED }, cwd: root });
    return feed(settings, async () => ({ provider, reasons: ["Binance refuses this country (451)"] }));
  };

  test("a venue that was named has to answer; with auto the synthetic market stands in, and it is said", async () => {
    const reason = expect.stringContaining("refuses this country (451)");
    expect(await told("auto", "bybit")).toEqual({ ok: true, text: reason });
    expect(await told("auto", null)).toMatchObject({ ok: true, text: reason, mend: expect.stringContaining("FEED") });
    expect(await told("binance", null)).toMatchObject({
      ok: false,
      text: reason,
      mend: expect.stringContaining("auto"),
    });
    expect(await told("synthetic", null)).toEqual({ ok: true, text: "feed: synthetic, made here" });
  });
});

test("what FEED=replay would play is opened, or what is wrong with it is said", async () => {
  const told = (env: Record<string, string>) =>
    feed(loadSettings({ env: { FEED: "replay", ...env }, cwd: root }).settings);
  const file = join(root, "ticks.ndjson");
  writeFileSync(file, "{}");
  expect(await told({ REPLAY_FILE: file })).toEqual({ ok: true, text: `feed: replay of ${file}, which can be read` });
  expect(await told({ REPLAY_FILE: join(root, "none") })).toMatchObject({
    ok: false,
    text: expect.stringContaining("none"),
  });
  expect(await told({})).toMatchObject({ ok: false, mend: expect.stringContaining("REPLAY_FILE") });
  expect(await told({ MOCK_API_URL: "http://127.0.0.1:9/ticks" })).toMatchObject({ ok: false });
});

describe("what the machine has", () => {
  test("Bun, the page, room, a browser", async () => {
    expect(bun("1.0.0")).toMatchObject({ ok: false, mend: expect.stringContaining("npx -y bun@") });
    expect(bun().ok).toBe(true);
    expect(await page(join(dir, "none"))).toMatchObject({ ok: false, mend: expect.stringContaining("bun run build") });
    mkdirSync(dir);
    writeFileSync(join(dir, "index.html"), "<!doctype html>");
    expect((await page(dir)).ok).toBe(true);
    expect((await disk(join(dir, "not", "yet"), 1)).ok).toBe(true);
    expect(await disk(dir, 2 ** 60)).toMatchObject({ ok: false, mend: expect.stringContaining("make room") });
    expect(chromium({ PATH: dir, CHROMIUM_PATH: join(dir, "index.html") }).ok).toBe(false);
    expect(chromium({ PATH: dir }).mend).toBeDefined();
  });
});
