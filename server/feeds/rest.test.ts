import { afterAll, expect, test } from "bun:test";
import { createRest, NO_ANSWER } from "./rest.ts";
import { fakeClock } from "./test-support/fake-clock.ts";

const paths: string[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname } = new URL(request.url);
    paths.push(pathname);
    if (pathname === "/429") return new Response("slow down", { status: 429, headers: { "retry-after": "7" } });
    if (pathname === "/418") return new Response("banned", { status: 418 });
    if (pathname === "/451") return new Response("restricted location", { status: 451 });
    if (pathname === "/moved") return Response.redirect("/well", 302);
    if (pathname === "/large") return new Response("x".repeat(5_000));
    if (pathname === "/mute") return new Promise<Response>(() => undefined);
    return new Response("well");
  },
});
afterAll(() => server.stop(true));

const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`;
const set = (more: { timeout_ms?: number; wait_max_ms?: number } = {}) => {
  const clock = fakeClock();
  const stop = new AbortController();
  const rest = createRest({
    clock,
    limit: { count: 10, per_ms: 1_000 },
    signal: stop.signal,
    bytes_max: 1_000,
    ...more,
  });
  return { clock, stop, rest };
};

test("an answer, and a refusal with its status", async () => {
  const { rest } = set();
  expect(await rest(url("/well"), 1)).toEqual({ status: 200, body: "well", retry_after_ms: null });
  expect(await rest(url("/451"), 1)).toEqual({ status: 451, body: "restricted location", retry_after_ms: null });
});

test("after 429 nothing is asked before its Retry-After is over", async () => {
  const { rest, clock } = set();
  expect(await rest(url("/429"), 1)).toEqual({ status: 429, body: "slow down", retry_after_ms: 7_000 });
  paths.length = 0;
  const next = rest(url("/well"), 1);
  await clock.advance(6_999);
  expect(paths).toEqual([]);
  await clock.advance(1);
  expect((await next).body).toBe("well");
});

test("a long ban is answered without asking", async () => {
  const { rest } = set({ wait_max_ms: 1_000 });
  expect((await rest(url("/418"), 1)).retry_after_ms).toBe(120_000);
  paths.length = 0;
  expect(await rest(url("/well"), 1)).toEqual({
    status: 429,
    body: "the venue has asked us to wait",
    retry_after_ms: 120_000,
  });
  expect(paths).toEqual([]);
});

test("weights are paced", async () => {
  const { rest, clock } = set();
  await rest(url("/well"), 6);
  paths.length = 0;
  const next = rest(url("/well"), 6);
  await clock.advance(999);
  expect(paths).toEqual([]);
  await clock.advance(1);
  expect((await next).status).toBe(200);
});

test("too large, too slow, nobody there, a redirect, a stop: all are answers", async () => {
  const { rest } = set({ timeout_ms: 50 });
  expect(await rest(url("/large"), 1)).toMatchObject({
    status: NO_ANSWER,
    body: "the answer is larger than 1000 bytes",
  });
  expect(await rest(url("/mute"), 1)).toMatchObject({ status: NO_ANSWER, body: "no answer within 50 ms" });
  expect((await rest("http://127.0.0.1:1/", 1)).status).toBe(NO_ANSWER);
  expect((await rest(url("/moved"), 1)).status).toBe(NO_ANSWER);
  const stopped = set();
  stopped.stop.abort();
  expect((await stopped.rest(url("/well"), 1)).status).toBe(NO_ANSWER);
});
