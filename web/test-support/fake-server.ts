import { join } from "node:path";
import type { Bar } from "../../core/messages/bar.ts";
import type { Gap } from "../../core/messages/gap.ts";
import { fakeAlerts } from "./fake-alerts.ts";
import { fakeBook, fakeFeatures, fakeSignals } from "./fake-detail.ts";
import { FAKE_SYMBOLS, makeFakeMarket, makeStatus } from "./fake-market.ts";

/**
 * The page's side of the API without the product behind it: for work on the page, and for its alerts, which a market
 * raises too seldom to look at. `bun web/test-support/fake-server.ts [port] [--alerts]` serves the built page.
 */
export interface FakeServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** What a page asks for of one symbol only. */
const DETAILS: ReadonlySet<string> = new Set(["features", "book", "signal"]);

export const STRICT_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function startFakeServer(options: { port?: number; alerts?: boolean; dist?: string }): FakeServer {
  const dist = options.dist ?? join(import.meta.dirname, "..", "dist");
  const market = makeFakeMarket(7, Date.now());
  const send = new Set<(event: string, record: unknown) => void>();
  let sequence = 0;
  const alerts = options.alerts === true ? fakeAlerts(Date.now()) : [];

  const mark = (list: readonly Bar[]): Bar[] =>
    list.map((bar) => {
      const minute = Math.floor(bar.start_ts_ms / 60_000) % 40;
      if (bar.interval !== "1m" || !bar.final) return bar;
      if (minute === 7) return { ...bar, partial: true };
      return minute === 15 ? { ...bar, revision: 1 } : bar;
    });
  const status = () => {
    const now = makeStatus({ ts_ms: Date.now(), bad_prints: 1 });
    const persist = { ...now.parts[1]!, part: "persist", text: "embedded database" };
    return options.alerts === true ? { ...now, parts: [...now.parts, persist] } : now;
  };
  const gap = (): Gap => {
    const from_ms = Math.floor(Date.now() / 60_000) * 60_000 - 12 * 60_000;
    return {
      kind: "gap",
      id: "synthetic|*|trades|1",
      revision: 1,
      provider: "synthetic",
      symbol: "*",
      stream: "trades",
      from_seq: null,
      to_seq: null,
      from_ms,
      to_ms: from_ms + 12_000,
      status: "lost",
    };
  };

  const timers = [
    setInterval(() => {
      const one = FAKE_SYMBOLS[Math.floor(Math.random() * FAKE_SYMBOLS.length)]!;
      for (const bar of market.trade(one, Date.now())) for (const each of send) each("bar", bar);
    }, 40),
    setInterval(() => {
      for (const { symbol, decimals } of FAKE_SYMBOLS) {
        const mid = market.bars(symbol, "1m").at(-1)?.close ?? 100;
        for (const each of send) {
          each("features", fakeFeatures(symbol, mid, Date.now()));
          each("book", fakeBook(symbol, mid, decimals, Date.now()));
        }
      }
    }, 250),
    setInterval(() => {
      for (const each of send) each("status", status());
    }, 1_000),
  ];

  const json = (body: unknown, code = 200): Response => Response.json(body, { status: code });
  const api = (url: URL, request: Request): Response => {
    const query = url.searchParams;
    if (url.pathname.startsWith("/api/symbols") && request.method !== "GET") return changed(request, url);
    if (url.pathname === "/api/symbols") {
      const items = FAKE_SYMBOLS.map(({ symbol, decimals }) => {
        const last = market.bars(symbol, "1m").at(-1);
        return {
          symbol,
          origin: "synthetic",
          provider: "synthetic",
          decimals,
          last: last?.close ?? null,
          last_ts_ms: last?.last_ts_ms ?? null,
        };
      });
      return json({ items, next: null });
    }
    if (url.pathname === "/api/bars") {
      const to = Number(query.get("to") ?? Number.POSITIVE_INFINITY);
      const all = market.bars(query.get("symbol") ?? "", query.get("interval") ?? "1m");
      const items = all.filter((bar) => bar.start_ts_ms < to).slice(-Number(query.get("limit") ?? 500));
      return json({ items: mark(items), next: null });
    }
    if (url.pathname === "/api/status") return json(status());
    if (url.pathname === "/api/gaps") return json({ items: [gap()], next: null });
    if (url.pathname === "/api/alerts" && options.alerts === true) return json({ items: alerts, next: null });
    if (url.pathname === "/api/signals")
      return json({ items: fakeSignals(query.get("symbol") ?? "", Date.now()), next: null });
    if (url.pathname === "/api/stream") return stream(request, query);
    return json({ title: "Not found", detail: `nothing at ${url.pathname}`, code: "not_found" }, 404);
  };
  /** Its symbols are fixed, as the synthetic market's are. */
  const changed = (request: Request, url: URL): Response => {
    const symbol = decodeURIComponent(url.pathname.slice("/api/symbols/".length));
    const what = request.method === "DELETE" ? `${symbol} stays` : "none can be added";
    return json({ title: "Not possible", detail: `These symbols are fixed: ${what}.`, code: "symbols_fixed" }, 409);
  };
  const stream = (request: Request, query: URLSearchParams): Response => {
    const text = new TextEncoder();
    const intervals = (query.get("intervals") ?? "1m").split(",");
    const topics = query.get("topics") ?? "";
    const symbol = query.get("symbols");
    let each: (event: string, record: unknown) => void = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        each = (event, record) => {
          if (event === "bar" && (!topics.includes("bars") || !intervals.includes((record as Bar).interval))) return;
          if (DETAILS.has(event) && (record as { symbol: string }).symbol !== symbol) return;
          sequence += 1;
          controller.enqueue(text.encode(`id: ${sequence}\nevent: ${event}\ndata: ${JSON.stringify(record)}\n\n`));
        };
        send.add(each);
        each("status", status());
        each("gap", gap());
        if (options.alerts === true) {
          setTimeout(() => {
            const again = fakeAlerts(Date.now() + 95_000)[0]!;
            if (send.has(each)) each("alert", { ...again, revision: 0, state: "open", symbol: "BTCUSDT" });
          }, 2_500);
        }
      },
      cancel: () => void send.delete(each),
    });
    request.signal.addEventListener("abort", () => send.delete(each));
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  };

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    async fetch(request, self) {
      self.timeout(request, 0);
      const url = new URL(request.url);
      if (url.pathname.startsWith("/api/")) return api(url, request);
      const file = Bun.file(join(dist, url.pathname === "/" ? "index.html" : url.pathname));
      if (url.pathname.includes("..") || !(await file.exists())) return new Response("not found", { status: 404 });
      return new Response(file, { headers: { "content-security-policy": STRICT_CSP } });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await server.stop(true);
    },
  };
}

if (import.meta.main) {
  const port = process.argv.slice(2).map(Number).find(Number.isInteger);
  const options = { alerts: process.argv.includes("--alerts") };
  console.log(startFakeServer(port === undefined ? options : { ...options, port }).url);
}
