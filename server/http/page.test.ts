import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { PageHandler } from "./app.ts";
import { servePage } from "./page.ts";

let folder = "";
let page: PageHandler;
const SECRET = "not for the world";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tapebell-page-"));
  const dist = join(folder, "dist");
  await mkdir(join(dist, "assets"), { recursive: true });
  await Bun.write(join(folder, "secret.txt"), SECRET);
  await Bun.write(join(dist, "index.html"), "<!doctype html><title>Tapebell</title>");
  await Bun.write(join(dist, "assets/index-B1x9_Zq2.js"), "1");
  await Bun.write(join(dist, "favicon.svg"), "<svg/>");
  await symlink(join(folder, "secret.txt"), join(dist, "link.txt"));
  page = (await servePage(dist))!;
});
afterAll(() => rm(folder, { recursive: true }));

const get = async (path: string, headers: Record<string, string> = {}): Promise<Response | null> =>
  page(new Request(`http://localhost${path}`, { headers }));

describe("the built page", () => {
  test("index is asked for again each time, hashed assets never", async () => {
    for (const path of ["/", "/index.html", "/?symbol=BTCUSDT"]) {
      const answer = await get(path);
      expect(answer?.headers.get("cache-control")).toBe("no-cache");
      expect(answer?.headers.get("content-type")).toStartWith("text/html");
      expect(await answer?.text()).toContain("Tapebell");
    }
    const asset = await get("/assets/index-B1x9_Zq2.js");
    expect(asset?.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(asset?.headers.get("content-type")).toContain("javascript");
    expect((await get("/favicon.svg"))?.headers.get("cache-control")).toBe("no-cache");
  });

  test("what one has already is not sent again", async () => {
    const etag = (await get("/"))?.headers.get("etag") ?? "";
    expect((await get("/", { "if-none-match": etag }))?.status).toBe(304);
  });

  test("no path leads out of the folder", async () => {
    for (const path of [
      "/../secret.txt",
      "/..%2fsecret.txt",
      "/%2e%2e/secret.txt",
      "/assets/..%5c..%5csecret.txt",
      "/link.txt",
      "//secret.txt",
      "/%",
      "/assets",
    ])
      expect(await get(path)).toBeNull();
    const part = fc.constantFrom(
      "..",
      ".",
      "%2e%2e",
      "secret.txt",
      "assets",
      "%2f",
      "%5c",
      "dist",
      "%00",
      "link.txt",
      "",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        expect((await (await get(`/${parts.join("/")}`))?.text()) ?? "").not.toContain(SECRET);
      }),
    );
  });

  test("a folder without a page serves none", async () => {
    expect(await servePage(join(folder, "dist/assets"))).toBeNull();
  });
});
