import { expect, test } from "bun:test";
import { bar, book, texts, until } from "../cache/test-support/world.ts";
import { world } from "./test-support/world.ts";

interface Operation {
  readonly parameters?: { readonly name: string; readonly required?: boolean }[];
  readonly responses: Record<string, { readonly content: Record<string, unknown> }>;
}

test("the document names what answers, and nothing else", async () => {
  const { get, bus, cache, bugs, close } = await world({ bars: [bar(0)] });
  for (const topic of ["features", "latest"] as const) {
    await bus.publish(`tape.${topic}`, 0, texts({ kind: topic, symbol: "BTCUSDT", ts_ms: 1 }));
    await until(topic, () => cache.state.newest.get(topic, "BTCUSDT") !== undefined);
  }
  await bus.publish("tape.alerts", 0, texts({ kind: "move", id: "an:id", revision: 0, symbol: "BTCUSDT" }));
  await until("the alert", () => cache.state.ledgers.alerts.size === 1);
  await bus.publish("tape.book", 0, texts(book(1)));
  await until("the book", () => cache.state.newest.get("book", "BTCUSDT") !== undefined);
  const document = (await (await get("/openapi.json")).json()) as { paths: Record<string, { get?: Operation }> };
  expect(Object.keys(document.paths).sort()).toEqual([
    "/api/alerts",
    "/api/alerts/{id}",
    "/api/bars",
    "/api/book",
    "/api/dead-letters",
    "/api/gaps",
    "/api/metrics",
    "/api/rolling",
    "/api/signals",
    "/api/status",
    "/api/stream",
    "/api/symbols",
    "/api/symbols/{symbol}",
    "/bus-stats",
    "/features/latest",
    "/health",
    "/metrics",
    "/openapi.json",
    "/ready",
    "/schemas/{kind}.json",
    "/state/latest",
    "/stats",
  ]);
  for (const [path, { get: operation }] of Object.entries(document.paths)) {
    if (operation === undefined) continue;
    const needs = operation.parameters?.some(({ name, required }) => name === "symbol" && required === true);
    const query = needs ? "?symbol=BTCUSDT" : "";
    const answer = await get(path.replace("{kind}", "bar").replace("{id}", "an:id") + query, { method: "HEAD" });
    expect(answer.status).toBe(200);
    const type = (answer.headers.get("content-type") ?? "").replace(/;.*/, "");
    expect(Object.keys(operation.responses["200"]?.content ?? {})).toEqual([type]);
  }
  const { parameters } = document.paths["/api/bars"]!.get!;
  expect(parameters?.map(({ name }) => name)).toEqual(["symbol", "interval", "from", "to", "limit", "cursor"]);
  expect(bugs).toEqual([]);
  await close();
});
