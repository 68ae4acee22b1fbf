import { expect, test } from "bun:test";
import { makeBar } from "../test-support/fake-market.ts";
import { makeApi } from "./api.ts";

const T0 = 1_790_000_040_000;
const answering = (body: unknown, status = 200) => {
  const urls: string[] = [];
  const api = makeApi({
    fetch: async (url) => {
      urls.push(url);
      return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
    },
  });
  return { api, urls };
};

test("bars are asked for as the server understands it", async () => {
  const bar = makeBar({ symbol: "BTCUSDT", interval: "1m", start_ts_ms: T0 });
  const { api, urls } = answering({ items: [bar], next: "x", complete: false });
  expect(await api.bars({ symbol: "BTC/USD", interval: "1m", to: T0, limit: 600 })).toMatchObject({
    items: [bar],
    complete: false,
  });
  expect(urls).toEqual([`/api/bars?symbol=BTC%2FUSD&interval=1m&to=${T0}&limit=600`]);
});

test("symbols are read with or without their last price", async () => {
  const items = [
    { symbol: "BTCUSDT", decimals: 2, last: 1, last_ts_ms: T0, origin: "synthetic" },
    { symbol: "ETHUSDT", decimals: null },
  ];
  const { api } = answering({ items, next: null });
  expect((await api.symbols()).map((item) => item.decimals)).toEqual([2, null]);
});

test("what went wrong is said in words", async () => {
  const failing = async (body: unknown, status?: number): Promise<string> => {
    const failure = await answering(body, status)
      .api.symbols()
      .then(
        () => null,
        (error: unknown) => error,
      );
    return failure instanceof Error ? failure.message : "no failure";
  };
  expect(await failing({ title: "Bad parameter", detail: "limit: not a number" }, 400)).toBe(
    "Symbols: limit: not a number",
  );
  expect(await failing("<html>", 502)).toBe("Symbols: the server answered 502");
  expect(await failing({ items: [{ symbol: "" }] })).toContain("not as agreed (items.0.symbol");
  expect(await failing("nonsense")).toContain("not as agreed");
  const away = makeApi({ fetch: () => Promise.reject(new TypeError("fetch failed")) });
  await expect(away.gaps(1)).rejects.toThrow("Gaps: the server cannot be reached.");
});

test("symbols are watched, and left, in the server's words", async () => {
  const asked: unknown[] = [];
  const api = makeApi({
    fetch: async (url, { method, body, headers }) => {
      asked.push([method, url, body, headers["content-type"]]);
      const outcome = method === "POST" ? "added" : "removed";
      return Response.json({ items: [{ symbol: "BRK/B", outcome, text: `BRK/B is ${outcome}.` }] });
    },
  });
  expect([await api.watch("BRK/B"), await api.unwatch("BRK/B")]).toEqual(["BRK/B is added.", "BRK/B is removed."]);
  expect(asked).toEqual([
    ["POST", "/api/symbols", '{"symbols":["BRK/B"]}', "application/json"],
    ["DELETE", "/api/symbols/BRK%2FB", undefined, undefined],
  ]);
});
