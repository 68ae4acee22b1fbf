import { afterEach, describe, expect, test } from "bun:test";
import type { Book, Watched, WatchRequest } from "../../core/messages/index.ts";
import { bar, book, T0, TestClock, texts, until } from "../cache/test-support/world.ts";
import { SseReader, type World, world } from "./test-support/world.ts";

const open: World[] = [];
const start = async (options: Parameters<typeof world>[0] = {}): Promise<World> => {
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

type Problem = Record<string, unknown> & { readonly items?: readonly Watched[] };
const problem = async (answer: Response): Promise<Problem> => {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  return (await answer.json()) as Problem;
};

describe("/api/book", () => {
  test("the newest of a symbol, as deep as asked for, and how old it is", async () => {
    const { bus, cache, get, clock } = await start();
    await bus.publish("tape.book", 0, texts(book(1), book(2), { kind: "book", symbol: "BTCUSDT" }));
    await until("both", () => cache.state.rejected.get("book") === 1);
    const age_ms = clock.now() - (T0 + 2);
    const whole = (await (await get("/api/book?symbol=BTCUSDT")).json()) as Book;
    expect(whole).toMatchObject({
      seq: 2,
      depth: 20,
      levels_known: 57,
      age_ms,
      bids: [
        [100, 2],
        [99, 1],
      ],
    });
    const one = (await (await get("/api/book?symbol=BTCUSDT&depth=1")).json()) as Book;
    expect(one).toMatchObject({ depth: 1, bids: [[100, 2]], asks: [[101, 1]], checksum_ok: null, provider: "binance" });
  });

  test("a symbol nobody watches, one without a book, and a depth that cannot be, are named", async () => {
    const { get } = await start();
    expect(await problem(await get("/api/book?symbol=NOPE"))).toMatchObject({ status: 404, code: "unknown_symbol" });
    expect(await problem(await get("/api/book?symbol=BTCUSDT"))).toMatchObject({ status: 404, code: "no_book" });
    for (const depth of ["0", "21", "-1", "1.5", "ten", ""]) {
      const answer = await get(`/api/book?symbol=BTCUSDT&depth=${depth}`);
      expect(await problem(answer)).toMatchObject({ status: 400, code: "bad_parameter", param: "depth" });
    }
    expect(await problem(await get("/api/book"))).toMatchObject({ status: 400, param: "symbol" });
  });

  test("streamed to who asks for it, and to nobody else; what is not read yet is replaced", async () => {
    const { bus, get } = await start();
    const wanted = new SseReader(await get("/api/stream?topics=book&symbols=BTCUSDT"));
    const usual = new SseReader(await get("/api/stream"));
    expect((await wanted.next())?.event).toBe("status");
    expect((await usual.next())?.event).toBe("status");
    await bus.publish("tape.book", 0, texts(book(1), book(2)));
    await bus.publish("tape.gaps", 0, texts({ kind: "gap", id: "g", revision: 0 }));
    expect(await wanted.next()).toMatchObject({ event: "book", data: { seq: 2 } });
    await bus.publish("tape.features", 0, texts({ kind: "features", symbol: "BTCUSDT", ts_ms: 1 }));
    expect((await usual.next())?.event).toBe("features");
    await wanted.cancel();
    await usual.cancel();
  });
});

/** A feed that answers by a rule of the test's. */
async function feed(
  { bus }: World,
  outcome: (symbol: string, action: string) => Watched["outcome"],
): Promise<string[]> {
  const asked: string[] = [];
  const stop = new AbortController();
  open.push({ bugs: [], close: async () => stop.abort() } as unknown as World);
  const follow = async (): Promise<void> => {
    for await (const { values } of bus.follow("tape.control", 0, "latest", { signal: stop.signal })) {
      for (const text of values) {
        const request = JSON.parse(text) as WatchRequest;
        if (request.kind !== "watch_request") continue;
        asked.push(`${request.action} ${request.symbols.join(",")}`);
        const items = request.symbols.map((symbol) => {
          const what = outcome(symbol, request.action);
          return { symbol, outcome: what, text: `${symbol}: ${what}` };
        });
        const answer = { kind: "watch_answer", id: request.id, ts_ms: T0, items };
        await bus.publish("tape.control", 0, texts({ ...answer, id: "another's" }, answer));
      }
    }
  };
  void follow();
  return asked;
}

const post = (it: World, body: unknown, init: RequestInit = {}): Promise<Response> =>
  it.get("/api/symbols", { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), ...init });

describe("symbols while it runs", () => {
  test("symbols with their decimals; one that only bars know is not watched", async () => {
    const { get } = await start({ bars: [bar(1, { symbol: "XRPUSDT" })] });
    expect(await (await get("/api/symbols")).json()).toEqual({
      items: [
        { symbol: "BTCUSDT", decimals: 2 },
        { symbol: "ETHUSDT", decimals: 2 },
      ],
      next: null,
    });
  });

  test("each symbol is answered for; where nothing of what was wanted is so, the answer is a problem", async () => {
    const it = await start();
    const asked = await feed(it, (symbol, action) =>
      action === "remove"
        ? symbol === "GONE"
          ? "not_watched"
          : "removed"
        : symbol === "NEW"
          ? "added"
          : "unknown_symbol",
    );
    const answer = await post(it, { symbols: ["NEW", "NOPE"] });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        items: [
          { symbol: "NEW", outcome: "added", text: "NEW: added" },
          { symbol: "NOPE", outcome: "unknown_symbol", text: "NOPE: unknown_symbol" },
        ],
      },
    ]);
    expect(await problem(await post(it, { symbols: ["NOPE"] }))).toMatchObject({
      status: 404,
      code: "unknown_symbol",
      param: "symbols",
      detail: "NOPE: unknown_symbol",
      items: [{ symbol: "NOPE", outcome: "unknown_symbol" }],
    });
    const removed = await it.get("/api/symbols/BTC%2FUSD", { method: "DELETE" });
    expect(await removed.json()).toMatchObject({ items: [{ symbol: "BTC/USD", outcome: "removed" }] });
    expect(await problem(await it.get("/api/symbols/GONE", { method: "DELETE" }))).toMatchObject({ status: 404 });
    expect(asked).toEqual(["add NEW,NOPE", "add NOPE", "remove BTC/USD", "remove GONE"]);
  });

  test("a limit, and symbols that are fixed, are conflicts with words", async () => {
    const it = await start();
    await feed(it, (symbol) => (symbol === "MORE" ? "limit_reached" : "symbols_fixed"));
    expect(await problem(await post(it, { symbols: ["MORE"] }))).toMatchObject({ status: 409, code: "limit_reached" });
    expect(await problem(await post(it, { symbols: ["X"] }))).toMatchObject({ status: 409, code: "symbols_fixed" });
  });

  test("a body that is none, wrong names, too many: refused before the feed hears of it", async () => {
    const it = await start();
    const asked = await feed(it, () => "added");
    const bad: [unknown, string, string?][] = [
      ["no json", "bad_body"],
      [{}, "bad_parameter", "symbols"],
      [{ symbols: [] }, "bad_parameter", "symbols"],
      [{ symbols: ["a b"] }, "bad_parameter", "symbols.0"],
      [{ symbols: [5] }, "bad_parameter", "symbols.0"],
      [{ symbols: ["A"], more: 1 }, "bad_parameter", "more"],
      [{ symbols: Array.from({ length: 101 }, (_, i) => `S${i}`) }, "bad_parameter", "symbols"],
      [[], "bad_parameter", "body"],
    ];
    for (const [body, code, param] of bad) {
      const said = await problem(await post(it, body));
      expect(said).toMatchObject({ status: 400, code, ...(param !== undefined && { param }) });
    }
    expect(await problem(await it.get("/api/symbols/a%20b", { method: "DELETE" }))).toMatchObject({ status: 400 });
    expect(asked).toEqual([]);
  });

  test("pages that are not ours change nothing", async () => {
    const it = await start();
    const asked = await feed(it, () => "added");
    const answer = await post(it, { symbols: ["NEW"] }, { headers: { origin: "http://evil.example" } });
    expect([answer.status, asked]).toEqual([403, []]);
  });

  test("a feed that does not answer: 503, and that nothing is known", async () => {
    const clock = new TestClock(T0 + 3_600_000);
    const it = await start({ clock });
    const answer = post(it, { symbols: ["NEW"] });
    const ticking = setInterval(() => clock.advance(5_000), 5);
    const said = await answer;
    clearInterval(ticking);
    expect(said.headers.get("retry-after")).toBe("5");
    expect(await problem(said)).toMatchObject({ status: 503, code: "feed_silent" });
  });
});
