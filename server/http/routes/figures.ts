import { z } from "@hono/zod-openapi";
import { Features, Latest, Metrics, Rolling, Signal } from "../../../core/messages/index.ts";
import type { Cache } from "../../cache/cache.ts";
import type { Lists } from "../../cache/lists.ts";
import type { NewestTopic } from "../../cache/newest.ts";
import { HttpProblem, shown } from "../problem.ts";
import type { Known } from "./known.ts";
import { Complete, listAnswer, Place } from "./lists.ts";
import { type App, json, Limit, listJson, route, SymbolName } from "./route.ts";

const SymbolQuery = z.strictObject({
  symbol: z
    .string({ error: "name one, as /api/symbols lists them" })
    .min(1, "empty")
    .max(64, "longer than 64 characters"),
});
const MetricsQuery = SymbolQuery.extend({ limit: Limit(1_000, 100), before: Place.optional() });
const SignalsQuery = z.strictObject({
  symbol: SymbolName.optional(),
  limit: Limit(1_000, 100),
  before: Place.optional(),
});

const NO_STORE = { "cache-control": "no-store" };

/** What is worked out of each symbol's trades and quotes, and the signals made of it. */
export function figureRoutes(app: App, cache: Cache, lists: Lists, known: Known): void {
  const newest = async (topic: NewestTopic, symbol: string, signal: AbortSignal): Promise<string | null> => {
    await known.seeded(signal);
    known.symbol(symbol, "symbol");
    return cache.state.newest.get(topic, symbol)?.text ?? null;
  };

  for (const { path, topic, schema, summary } of [
    { path: "/features/latest", topic: "features", schema: Features, summary: "A symbol's eleven features now" },
    { path: "/state/latest", topic: "latest", schema: Latest, summary: "A symbol's newest trade and quote" },
  ] as const) {
    route(
      app,
      {
        path,
        summary,
        query: SymbolQuery,
        answer: { type: "application/json", schema, description: "As of the symbol's newest event" },
        problems: [400, 404],
      },
      async ({ symbol }, c) => {
        const text = await newest(topic, symbol, c.req.raw.signal);
        if (text === null) throw nothingYet(symbol);
        return json(text, NO_STORE);
      },
    );
  }

  route(
    app,
    {
      path: "/api/rolling",
      summary: "A symbol's rolling features over each window, as of its newest trade",
      query: SymbolQuery,
      answer: {
        type: "application/json",
        schema: z.object({ items: z.array(Rolling), next: z.null() }),
        description: "One item; none until a trade has come",
      },
      problems: [400, 404],
    },
    async ({ symbol }, c) => {
      const text = await newest("rolling", symbol, c.req.raw.signal);
      return json(listJson(text === null ? [] : [text], null), NO_STORE);
    },
  );

  route(
    app,
    {
      path: "/api/metrics",
      summary: "A symbol's returns and volatility over the windows, newest price first",
      description: "One item per sampled price. `next` goes back in as `before`.",
      query: MetricsQuery,
      answer: {
        type: "application/json",
        schema: z.object({ items: z.array(Metrics), next: z.string().nullable(), complete: Complete }),
        description: "A page of rows",
      },
      problems: [400, 404],
    },
    async (query, c) => {
      await known.seeded(c.req.raw.signal);
      known.symbol(query.symbol, "symbol");
      return listAnswer(c, await lists.metrics(query));
    },
  );

  route(
    app,
    {
      path: "/api/signals",
      summary: "Signals of rules, models and the long/short conditions, newest first",
      description: "One item per signal, by event time. `next` goes back in as `before`.",
      query: SignalsQuery,
      answer: {
        type: "application/json",
        schema: z.object({ items: z.array(Signal), next: z.string().nullable(), complete: Complete }),
        description: "A page of signals",
      },
      problems: [400, 404],
    },
    async (query, c) => {
      await known.seeded(c.req.raw.signal);
      if (query.symbol !== undefined) known.symbol(query.symbol, "symbol");
      return listAnswer(c, await lists.signals(query));
    },
  );
}

const nothingYet = (symbol: string): HttpProblem =>
  new HttpProblem({
    status: 404,
    code: "nothing_yet",
    title: "Nothing yet",
    detail: `No trade or quote of ${shown(symbol)} has come since the start; ask again when the market trades`,
    param: "symbol",
  });
