import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bar } from "../cache/test-support/world.ts";
import { type World, world } from "./test-support/world.ts";

let it: World;
beforeAll(async () => {
  const bars = Array.from({ length: 30 }, (_, n) => bar(n));
  it = await world({ bars, limits: { local: { perSecond: 1e9, burst: 1e9 } }, stream: { clientsMax: 1e6 } });
});
afterAll(() => it.close());

const name = fc.oneof(
  fc.constantFrom(
    "symbol",
    "interval",
    "from",
    "to",
    "limit",
    "cursor",
    "topics",
    "symbols",
    "intervals",
    "last_event_id",
    "before",
    "status",
  ),
  fc.string(),
);
const value = fc.oneof(
  fc.constantFrom(
    "BTCUSDT",
    "1m",
    "1d",
    "0",
    "-1",
    "1e999",
    "NaN",
    "8640000000000001",
    "bars,alerts",
    ",",
    "%00",
    "__proto__",
    "2025-11-21T00:00:00Z",
  ),
  fc.nat().map(String),
  fc.string({ unit: "binary" }),
);
const query = fc
  .array(fc.tuple(name, value), { maxLength: 6 })
  .map((pairs) => pairs.map(([key, text]) => `${encode(key)}=${encode(text)}`).join("&"));
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());
const path = fc.oneof(
  fc.constantFrom(
    "/api/bars",
    "/api/stream",
    "/api/gaps",
    "/api/alerts",
    "/api/alerts/",
    "/api/dead-letters",
    "/api/symbols",
    "/api/status",
    "/schemas/bar.json",
    "/openapi.json",
    "/ready",
    "/metrics",
  ),
  fc.webPath(),
  fc.string().map((text) => `/${encode(text)}`),
  fc.constantFrom("/%", "/%E0%A4%A", "/api/%2e%2e/%2e%2e/etc/passwd", "//", "/api//bars", "/schemas/%00.json"),
);
const headers = fc.dictionary(
  fc.constantFrom(
    "last-event-id",
    "if-none-match",
    "authorization",
    "x-api-key",
    "accept",
    "content-length",
    "origin",
    "x-forwarded-for",
  ),
  fc.string().map((text) => text.replace(/[^\x20-\x7e]/g, "?")),
);
const method = fc.constantFrom("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS");

describe("any request", () => {
  test("gets an answer that is no 500: data, or a problem that says what is wrong", async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(method, path, query, headers, async (how, where, what, given) => {
        const answer = await it.get(`${where}${what === "" ? "" : `?${what}`}`, { method: how, headers: given });
        seen.add(answer.status);
        // A part that is not ready is the one 5xx that is meant.
        if (where !== "/ready") expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400 && how !== "HEAD") {
          expect(answer.headers.get("content-type")).toBe("application/problem+json");
          const problem = (await answer.json()) as Record<string, unknown>;
          expect(problem).toMatchObject({ status: answer.status });
          for (const member of ["type", "title", "detail", "code"]) expect(problem[member]).toBeString();
        } else await answer.body?.cancel();
        expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      }),
      { numRuns: 1_500 },
    );
    for (const status of [200, 400, 403, 404, 405]) expect(seen).toContain(status);
    expect(it.bugs).toEqual([]);
    expect(it.app.hub.size).toBe(0);
  });
});
