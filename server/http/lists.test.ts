import { afterEach, describe, expect, test } from "bun:test";
import { Alert, DeadLetter, Gap, Status } from "../../core/messages/index.ts";
import { alert, FakeStore, letter } from "../cache/test-support/store.ts";
import { gap, memoryBus, T0, TestClock, texts, until } from "../cache/test-support/world.ts";
import { metricsOnly } from "./metrics-only.ts";
import { type World, type WorldOptions, world } from "./test-support/world.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** The app with a store behind it that has read what the test says. */
async function start(options: WorldOptions = {}): Promise<World & { store: FakeStore; isAway: { now: boolean } }> {
  const clock = new TestClock(T0 + 3_600_000);
  const bus = await memoryBus(clock);
  const store = new FakeStore(bus);
  const isAway = { now: false };
  const made = await world({ clock, bus, store: () => (isAway.now ? null : store.store), ...options });
  open.push(async () => {
    expect(made.bugs).toEqual([]);
    await made.close();
    await bus.close();
  });
  return { ...made, store, isAway };
}

interface Body {
  readonly items: Record<string, unknown>[];
  readonly next: string | null;
  readonly complete: boolean;
  readonly code?: string;
  readonly param?: string;
}
const body = async (answer: Response): Promise<Body> => (await answer.json()) as Body;

async function say(at: World, topic: string, ...records: { id: string; revision?: number }[]): Promise<void> {
  await at.bus.publish(topic, 0, texts(...records));
  const { ledgers, letters } = at.cache.state;
  const ledger = topic === "tape.alerts" ? ledgers.alerts : topic === "tape.gaps" ? ledgers.gaps : letters;
  const last = records.at(-1)!;
  await until("the last record", () => ledger.get(last.id)?.revision === (last.revision ?? 0));
}

describe("/api/alerts", () => {
  test("newest first, the highest revision of each, with the market alerts that name the symbol; pages go on", async () => {
    const at = await start();
    const over = alert(1, { revision: 4, state: "over", severity: "critical" });
    const market = alert(9, { kind: "market", symbol: "*", symbols: ["BTCUSDT", "ETHUSDT"], id: "*:up:9" });
    const others = [alert(5, { symbol: "ETHUSDT" }), alert(6, { symbol: "*", symbols: ["XRPUSDT"], id: "*:up:6" })];
    await say(at, "tape.alerts", alert(1), alert(2), ...others);
    await at.store.persist("alerts");
    await say(at, "tape.alerts", market, over);
    const all = await body(await at.get("/api/alerts"));
    expect(all).toEqual({ items: [market, others[1], others[0], alert(2), over] as never, next: null, complete: true });
    for (const item of all.items) expect(Alert.parse(item)).toEqual(item as Alert);
    expect((await body(await at.get("/api/alerts?symbol=BTCUSDT"))).items).toEqual([market, alert(2), over] as never);
    const first = await body(await at.get("/api/alerts?limit=3"));
    const second = await body(await at.get(`/api/alerts?limit=3&before=${first.next}`));
    expect([...first.items, ...second.items]).toEqual(all.items);
    expect(second.next).toBeNull();
  });

  test("without the store what is held, marked incomplete", async () => {
    const at = await start();
    await say(at, "tape.alerts", alert(1));
    at.isAway.now = true;
    expect(await body(await at.get("/api/alerts"))).toEqual({
      items: [alert(1)] as never,
      next: null,
      complete: false,
    });
  });

  test("is not sent again to who has it, until it changes", async () => {
    const at = await start();
    await say(at, "tape.alerts", alert(1));
    for (const path of ["/api/alerts", `/api/alerts/${encodeURIComponent(alert(1).id)}`]) {
      const etag = (await at.get(path)).headers.get("etag") ?? "";
      expect((await at.get(path, { headers: { "if-none-match": etag } })).status).toBe(304);
    }
    const etag = (await at.get("/api/alerts")).headers.get("etag") ?? "";
    await say(at, "tape.alerts", alert(1, { revision: 2, state: "escalated" }));
    expect((await at.get("/api/alerts", { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  test("one by its id, odd ids too, from the cache or the store; 404 only if it is known that there is none", async () => {
    const at = await start({ cacheOptions: { bounds: { ledgerMax: 2 } } });
    const odd = alert(3, { id: "2026-01-05T12:00:00+00:00:BTC/USDT:1m", symbol: "BTC/USDT" });
    await say(at, "tape.alerts", alert(1), alert(2), odd);
    await at.store.persist("alerts");
    for (const one of [alert(1), alert(2), odd]) {
      const answer = await at.get(`/api/alerts/${encodeURIComponent(one.id)}`);
      expect(Alert.parse(await answer.json())).toEqual(one);
    }
    const none = await at.get("/api/alerts/nobody");
    expect(none.headers.get("content-type")).toBe("application/problem+json");
    expect(await none.json()).toMatchObject({ status: 404, code: "unknown_alert", param: "id" });
    at.isAway.now = true;
    expect((await at.get(`/api/alerts/${encodeURIComponent(odd.id)}`)).status).toBe(200);
    expect(await (await at.get("/api/alerts/nobody")).json()).toMatchObject({ status: 503, code: "store_away" });
  });

  test("bad parameters are named", async () => {
    const at = await start();
    const hostile = [
      "zzz",
      Buffer.from('[1e308,"x"]').toString("base64url"),
      Buffer.from('[null,"x"]').toString("base64url"),
    ];
    for (const path of ["/api/alerts", "/api/gaps", "/api/dead-letters"]) {
      for (const cursor of [...hostile, ...hostile.map((one) => `s.1.${one}`), "p.x", "s.1", "p.1.2"])
        expect(await body(await at.get(`${path}?before=${cursor}`))).toMatchObject({
          code: "bad_parameter",
          param: "before",
        });
      expect(await body(await at.get(`${path}?limit=0`))).toMatchObject({ code: "bad_parameter", param: "limit" });
    }
    expect(await body(await at.get("/api/alerts?symbol=NOPE"))).toMatchObject({ code: "unknown_symbol" });
  });
});

test("/api/gaps goes back behind what the cache holds", async () => {
  const at = await start({ cacheOptions: { bounds: { gapsMax: 2 } } });
  const gaps = [1, 2, 3, 4].map((n) => gap(T0 + n));
  await say(at, "tape.gaps", ...gaps);
  await at.store.persist("gaps");
  const filled = gap(T0 + 1, { revision: 1, status: "filled" });
  await say(at, "tape.gaps", filled);
  const all = await body(await at.get("/api/gaps"));
  expect(all).toEqual({ items: [...gaps.slice(1).reverse(), filled] as never, next: null, complete: true });
  for (const item of all.items) Gap.parse(item);
  expect((await body(await at.get("/api/gaps?status=filled"))).items).toEqual([filled] as never);
});

test("/api/dead-letters shows each with its reason and the record as it came", async () => {
  const at = await start();
  const letters = [1, 2, 3, 4, 5].map(letter);
  await say(at, "tape.dead-letter", ...letters.slice(0, 3));
  await at.store.persist("deadLetter");
  await say(at, "tape.dead-letter", ...letters.slice(3));
  const found: unknown[] = [];
  for (let path: string | null = "/api/dead-letters?limit=2"; path !== null; ) {
    const page = await body(await at.get(path));
    expect(page.complete).toBe(true);
    found.push(...page.items);
    path = page.next && `/api/dead-letters?limit=2&before=${page.next}`;
  }
  expect(found).toEqual([...letters].reverse());
  for (const one of found) DeadLetter.parse(one);
  const status = Status.parse(await (await at.get("/api/status")).json());
  expect(status.dead_letters).toEqual({ invalid: 3, late: 2 });
});

describe("/metrics", () => {
  test("alerts by kind, severity and state; the store and how far it is behind; dead letters by reason", async () => {
    const at = await start();
    const persist = {
      kind: "part_status",
      part: "persist",
      ts_ms: T0,
      state: "live",
      text: "Stores",
      counters: { rows: 70, unwritten: 3, forgotten: 9 },
    };
    await at.bus.publish("tape.status", 0, texts(persist));
    await say(at, "tape.dead-letter", letter(1), letter(2), letter(3));
    await say(at, "tape.alerts", alert(1), alert(1, { revision: 1 }), alert(1, { revision: 2, state: "escalated" }));
    await say(at, "tape.alerts", alert(2, { kind: "market", severity: "critical" }));
    await until("persist", () => at.cache.state.parts.has("persist"));
    const text = await (await at.get("/metrics")).text();
    for (const line of [
      'tapebell_alerts_total{kind="move",severity="alert",state="open"} 1',
      'tapebell_alerts_total{kind="move",severity="alert",state="escalated"} 1',
      'tapebell_alerts_total{kind="market",severity="critical",state="open"} 1',
      "tapebell_store_rows_total 70",
      "tapebell_store_unwritten_records 3",
      "tapebell_store_forgotten_rows_total 9",
      'tapebell_store_up{engine="pglite"} 1',
      "tapebell_store_waiting 1",
      "tapebell_store_retries_total 2",
      "tapebell_store_reconnects_total 3",
      "tapebell_store_backup_seconds 4",
      "tapebell_store_read_failures_total 0",
      'tapebell_dead_letters_total{reason="invalid"} 2',
      'tapebell_dead_letters_total{reason="late"} 1',
    ])
      expect(text.split("\n")).toContain(line);
    at.isAway.now = true;
    const away = await (await at.get("/metrics")).text();
    expect(away).toContain('tapebell_store_up{engine="none"} 0');
    expect(away).not.toContain("tapebell_store_waiting 1");
  });

  test("what the start reads of the past is not counted as new alerts", async () => {
    const clock = new TestClock(T0 + 3_600_000);
    const bus = await memoryBus(clock);
    await bus.publish("tape.alerts", 0, texts(alert(1), alert(2)));
    const at = await start({ bus, clock });
    expect(await (await at.get("/metrics")).text()).not.toContain('tapebell_alerts_total{kind="move"');
  });

  test("a port of its own answers them alone, under the same guards", async () => {
    const at = await start({ settings: { HOST: "127.0.0.1", API_KEYS: ["k".repeat(20)] } });
    const alone = metricsOnly(at.app);
    const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      alone.fetch(new Request(`http://127.0.0.1:9${path}`, { headers: { host: "127.0.0.1", ...headers } }), {
        ip: "127.0.0.1",
        keepOpen: () => {},
        cut: () => {},
      });
    const key = { authorization: `Bearer ${"k".repeat(20)}` };
    expect(await (await ask("/metrics", key)).text()).toContain("tapebell_build_info");
    expect((await ask("/metrics")).status).toBe(401);
    expect((await ask("/metrics", { ...key, host: "evil.org" })).status).toBe(403);
    for (const path of ["/", "/api/status", "/metrics/", "/health"]) expect((await ask(path, key)).status).toBe(404);
  });
});
