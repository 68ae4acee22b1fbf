import { afterEach, describe, expect, test } from "bun:test";
import { MESSAGES, Status } from "../../core/messages/index.ts";
import { bar, gap, T0, texts, until } from "../cache/test-support/world.ts";
import { type World, type WorldOptions, world } from "./test-support/world.ts";

const open: World[] = [];
const start = async (options: WorldOptions = {}): Promise<World> => {
  const made = await world(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const one of open.splice(0)) {
    expect(one.bugs).toEqual([]);
    await one.close();
  }
});

interface Body {
  readonly items: Record<string, unknown>[];
  readonly next: string | null;
  readonly complete?: boolean;
}
const body = async (answer: Response): Promise<Body> => (await answer.json()) as Body;

async function expectProblem(answer: Response, status: number, code: string, param?: string): Promise<void> {
  const problem = (await answer.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status, code });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(problem.type).toBe(`urn:tapebell:problem:${code}`);
  for (const member of ["title", "detail"]) expect(String(problem[member]).length).toBeGreaterThan(3);
  if (param !== undefined) expect(problem.param).toBe(param);
}

const bars = (count: number) => Array.from({ length: count }, (_, n) => bar(n));

describe("what the server says about itself", () => {
  test("it lives, it is ready, and its status is a record by its schema", async () => {
    const { get } = await start();
    expect(await (await get("/health")).json()).toEqual({ ok: true });
    expect((await get("/ready")).status).toBe(200);
    const status = await (await get("/api/status")).json();
    expect(Status.parse(status)).toEqual(status as Status);
    expect(status).toMatchObject({
      origin: "synthetic",
      version: "1.2.3",
      ready: true,
      feed: { provider: "synthetic" },
    });
  });

  test("not ready is 503 with a reason per part", async () => {
    const { get, bus, cache } = await start();
    const offline = { kind: "part_status", part: "aggregate", ts_ms: T0, state: "failed", text: "Fell six times" };
    await bus.publish("tape.status", 0, texts(offline));
    await until("the part", () => cache.state.parts.has("aggregate"));
    const answer = await get("/ready");
    expect(answer.headers.get("retry-after")).toBe("1");
    const problem = (await answer.clone().json()) as { parts: unknown[]; problems: string[] };
    expect(problem.parts).toContainEqual({ part: "aggregate", state: "failed", text: "Fell six times" });
    expect(problem.problems).toEqual(["aggregate: Fell six times"]);
    await expectProblem(answer, 503, "not_ready");
  });

  test("metrics are text that Prometheus reads, with what there is to count", async () => {
    const { get, bus, cache } = await start({ bars: bars(3) });
    await bus.publish("tape.gaps", 0, texts(gap(T0)));
    await bus.publish("tape.bars", 0, ["broken"]);
    await until(
      "the gap and the broken bar",
      () => cache.state.gapCounts.open === 1 && cache.state.rejected.size === 1,
    );
    await get("/api/symbols");
    const answer = await get("/metrics");
    expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const text = await answer.text();
    for (const line of [
      'tapebell_records_total{topic="tape.bars"} 4',
      'tapebell_records_rejected_total{topic="tape.bars"} 1',
      'tapebell_reader_lag_records{topic="tape.bars"} 0',
      'tapebell_bus_records{topic="tape.bars"} 4',
      'tapebell_gaps{status="open"} 1',
      "tapebell_cache_bars 3",
      "tapebell_sse_clients 0",
      'tapebell_http_requests_total{route="/api/symbols",status="200"} 1',
      'tapebell_part_up{part="feed:synthetic",state="live"} 1',
      'tapebell_part_count{part="feed:synthetic",name="bad_prints"} 1',
    ])
      expect(text.split("\n")).toContain(line);
    expect(text).toMatch(/tapebell_loop_delay_seconds\{quantile="0.99"\} \d/);
    for (const line of text.split("\n")) expect(line).toMatch(/^(#.*|[a-z_]+(\{[^}]*\})? -?[0-9.e+-]+|)$/);
    expect(await (await get("/metrics")).text()).toContain('tapebell_records_total{topic="tape.bars"} 4');
  });
});

describe("/api/bars", () => {
  test("the newest, ascending, as they were written", async () => {
    const { get } = await start({ bars: bars(20) });
    const page = await body(await get("/api/bars?symbol=BTCUSDT&interval=1m&limit=3"));
    expect(page.items).toEqual([bar(17), bar(18), bar(19)]);
    expect(page.complete).toBe(true);
    const older = await body(await get(`/api/bars?symbol=BTCUSDT&limit=3&cursor=${page.next}`));
    expect(older.items).toEqual([bar(14), bar(15), bar(16)]);
  });

  test("from is inside, to outside; times are milliseconds or ISO-8601; pages go on to the end", async () => {
    const { get } = await start({ bars: bars(20) });
    const iso = new Date(T0 + 2 * 60_000).toISOString();
    const path = `/api/bars?symbol=BTCUSDT&from=${iso}&to=${T0 + 9 * 60_000}&limit=4`;
    const first = await body(await get(path));
    expect(first.items).toEqual([2, 3, 4, 5].map((n) => bar(n)));
    const second = await body(await get(`${path}&cursor=${first.next}`));
    expect(second.items).toEqual([6, 7, 8].map((n) => bar(n)));
    expect(second.next).toBeNull();
  });

  test("a symbol without bars yet has none", async () => {
    const { get } = await start({ bars: bars(2) });
    expect(await body(await get("/api/bars?symbol=ETHUSDT"))).toEqual({ items: [], next: null, complete: true });
  });

  test("what one has already is not sent again, until it changes", async () => {
    const { get, bus, cache } = await start({ bars: bars(5) });
    const path = "/api/bars?symbol=BTCUSDT";
    const etag = (await get(path)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[a-z0-9]+"$/);
    const again = await get(path, { headers: { "if-none-match": `W/${etag}, "x"` } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    await bus.publish("tape.bars", 0, texts(bar(4, { revision: 1 })));
    await until("the revision", () => cache.cursor().positions[0] === 6);
    expect((await get(path, { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  test("bad parameters are named", async () => {
    const { get } = await start({ bars: bars(2) });
    const cases: [string, number, string, string][] = [
      ["", 400, "bad_parameter", "symbol"],
      ["?symbol=", 400, "bad_parameter", "symbol"],
      ["?symbol=NOPE", 404, "unknown_symbol", "symbol"],
      ["?symbol=BTCUSDT&interval=2m", 400, "bad_parameter", "interval"],
      ["?symbol=BTCUSDT&limit=0", 400, "bad_parameter", "limit"],
      ["?symbol=BTCUSDT&limit=1001", 400, "bad_parameter", "limit"],
      ["?symbol=BTCUSDT&limit=1e2", 400, "bad_parameter", "limit"],
      ["?symbol=BTCUSDT&from=yesterday", 400, "bad_parameter", "from"],
      ["?symbol=BTCUSDT&to=-1", 400, "bad_parameter", "to"],
      ["?symbol=BTCUSDT&from=5&to=5", 400, "bad_parameter", "to"],
      ["?symbol=BTCUSDT&cursor=zzz", 400, "bad_parameter", "cursor"],
      ["?symbol=BTCUSDT&symbol=ETHUSDT", 400, "bad_parameter", "symbol"],
      ["?symbol=BTCUSDT&colour=red", 400, "bad_parameter", "colour"],
      ["?symbol=BTCUSDT&__proto__=1", 400, "bad_parameter", "__proto__"],
    ];
    for (const [query, status, code, param] of cases)
      await expectProblem(await get(`/api/bars${query}`), status, code, param);
  });

  test("while no feed has named a symbol, none is unknown yet", async () => {
    const { get, cache } = await start();
    cache.state.parts.clear();
    const answer = await get("/api/bars?symbol=BTCUSDT");
    expect(answer.headers.get("retry-after")).toBe("1");
    await expectProblem(answer, 503, "starting");
  });
});

describe("/api/gaps", () => {
  test("gaps newest first, by symbol and status, in pages", async () => {
    const { get, bus, cache } = await start();
    const gaps = [1, 2, 3, 4, 5].map((n) => gap(T0 + n));
    const lost = gap(T0 + 1, { revision: 1, status: "lost" });
    const ofAll = gap(T0 + 9, { symbol: "*" });
    await bus.publish("tape.gaps", 0, texts(...gaps, lost, ofAll));
    await until("the gaps", () => cache.state.ledgers.gaps.size === 6);
    expect((await body(await get("/api/gaps"))).items).toEqual([ofAll, ...gaps.slice(1).reverse(), lost]);
    expect((await body(await get("/api/gaps?status=lost"))).items).toEqual([lost]);
    expect((await body(await get("/api/gaps?symbol=ETHUSDT"))).items).toEqual([ofAll]);
    const first = await body(await get("/api/gaps?limit=4"));
    const rest = await body(await get(`/api/gaps?limit=4&before=${first.next}`));
    expect([...first.items, ...rest.items]).toHaveLength(6);
    expect(rest.next).toBeNull();
    await expectProblem(await get("/api/gaps?status=gone"), 400, "bad_parameter", "status");
    await expectProblem(await get("/api/gaps?symbol=NOPE"), 404, "unknown_symbol", "symbol");
  });
});

describe("schemas", () => {
  test("every record has its schema", async () => {
    const { get } = await start();
    for (const kind of Object.keys(MESSAGES)) {
      const schema = (await (await get(`/schemas/${kind}.json`)).json()) as Record<string, unknown>;
      expect(schema).toMatchObject({ type: "object" });
      expect(schema.$schema).toBeString();
    }
    await expectProblem(await get("/schemas/nothing.json"), 404, "unknown_kind");
    await expectProblem(await get("/schemas/constructor.json"), 404, "unknown_kind");
    await expectProblem(await get("/schemas/..%2f..%2fetc"), 404, "not_found");
  });
});

describe("every answer", () => {
  test("has a strict policy and the security headers, problems too", async () => {
    const { get } = await start();
    for (const path of ["/health", "/api/status", "/nope", "/api/bars", "/metrics"]) {
      const { headers } = await get(path);
      const csp = headers.get("content-security-policy") ?? "";
      expect(csp).toContain("default-src 'none'");
      expect(csp).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  test("to a path that is not there, with or without a page, is 404", async () => {
    const { get } = await start({
      page: (request) => (new URL(request.url).pathname === "/" ? new Response("page") : null),
    });
    expect(await (await get("/")).text()).toBe("page");
    for (const path of ["/api", "/api/", "/api/nope", "/schemas/x", "/nope", "/%", "/api/alerts/a/b"])
      await expectProblem(await get(path), 404, "not_found");
  });

  test("to a method that does nothing is 405 with those that do", async () => {
    const { get } = await start();
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await get("/api/bars", { method });
      expect(answer.headers.get("allow")).toBe("GET, HEAD");
      await expectProblem(answer, 405, "method_not_allowed");
    }
    expect((await get("/schemas/bar.json", { method: "DELETE" })).status).toBe(405);
    expect((await get("/nope", { method: "POST" })).status).toBe(404);
  });

  test("that failed here says so, tells nothing of the inside, and is reported", async () => {
    const bugs: unknown[] = [];
    const { get } = await start({
      onBug: (cause) => bugs.push(cause),
      page: () => {
        throw new Error("secret inside /etc/path");
      },
    });
    const answer = await get("/");
    const text = await answer.clone().text();
    expect(text).not.toMatch(/secret|etc|at /);
    await expectProblem(answer, 500, "internal");
    expect(bugs).toHaveLength(1);
  });

  test("of another server behind this one keeps its own policy and gets the rest", async () => {
    const inner = Bun.serve({
      port: 0,
      fetch: () => new Response("dev", { headers: { "content-security-policy": "x" } }),
    });
    const { get } = await start({ page: () => fetch(inner.url) });
    const answer = await get("/main.tsx");
    expect(await answer.text()).toBe("dev");
    expect(answer.headers.get("content-security-policy")).toBe("x");
    expect(answer.headers.get("x-frame-options")).toBe("DENY");
    await inner.stop(true);
  });
});

describe("who may ask", () => {
  test("names and pages that are not ours are refused before anything else", async () => {
    const { get } = await start();
    for (const path of ["/", "/health", "/api/stream", "/metrics"]) {
      await expectProblem(await get(path, { headers: { host: "evil.org" } }), 403, "host_not_allowed");
      await expectProblem(await get(path, { headers: { origin: "http://evil.org" } }), 403, "origin_not_allowed");
    }
    expect((await get("/api/status", { headers: { origin: "http://127.0.0.1:8787" } })).status).toBe(200);
  });

  test("with keys set: health and the page for all, everything else for keys", async () => {
    const settings = { HOST: "127.0.0.1", API_KEYS: ["one", "two"] };
    const { get } = await start({ settings, page: () => new Response("page"), bars: bars(1) });
    expect((await get("/health")).status).toBe(200);
    expect((await get("/")).status).toBe(200);
    for (const path of [
      "/api/status",
      "/api/bars?symbol=BTCUSDT",
      "/api/stream",
      "/metrics",
      "/ready",
      "/openapi.json",
      "/api/nope",
    ]) {
      const answer = await get(path);
      expect(answer.headers.get("www-authenticate")).toStartWith("Bearer");
      await expectProblem(answer, 401, "key_required");
    }
    for (const headers of [{ authorization: "Bearer one" }, { "x-api-key": "two" }]) {
      expect((await get("/api/status", { headers })).status).toBe(200);
      const stream = await get("/api/stream", { headers });
      expect(stream.status).toBe(200);
      await stream.body?.cancel();
    }
    expect((await get("/api/status", { headers: { "x-api-key": "three" } })).status).toBe(401);
  });

  test("guessing keys is slow, and slows no one else", async () => {
    const { get, clock } = await start({ settings: { HOST: "127.0.0.1", API_KEYS: ["one"] } });
    const answers = await Promise.all(Array.from({ length: 40 }, () => get("/api/status", { ip: "10.0.0.1" })));
    const late = answers.find((answer) => answer.status === 429);
    expect(late?.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    if (late) await expectProblem(late, 429, "too_many_requests");
    expect((await get("/api/status", { ip: "10.0.0.1", headers: { "x-api-key": "one" } })).status).toBe(200);
    expect((await get("/api/status", { ip: "10.0.0.2" })).status).toBe(401);
    clock.advance(1_000);
    expect((await get("/api/status", { ip: "10.0.0.1" })).status).toBe(401);
  });

  test("this machine without keys may ask 500 times a second for as long as it likes; keys have a limit each", async () => {
    const { get, clock } = await start();
    for (let round = 0; round < 50; round++) {
      clock.advance(100);
      for (let n = 0; n < 50; n++) expect((await get("/health")).status).toBe(200);
    }
    const keyed = await start({
      settings: { HOST: "127.0.0.1", API_KEYS: ["one", "two"] },
      limits: { keyed: { perSecond: 1, burst: 5 } },
    });
    const ask = async (key: string) => (await keyed.get("/api/status", { headers: { "x-api-key": key } })).status;
    const ones = [];
    for (let n = 0; n < 7; n++) ones.push(await ask("one"));
    expect(ones).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect(await ask("two")).toBe(200);
  });

  test("what is too long or too large is refused unread", async () => {
    const { get } = await start();
    await expectProblem(await get(`/api/bars?symbol=${"x".repeat(9_000)}`), 414, "url_too_long");
    const large = { method: "POST", body: "x", headers: { "content-length": "70000" } };
    await expectProblem(await get("/api/bars", large), 413, "body_too_large");
  });
});
