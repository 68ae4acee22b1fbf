import { z } from "@hono/zod-openapi";
import { Alert } from "../../../core/messages/index.ts";
import type { Lists } from "../../cache/lists.ts";
import { HttpProblem, shown, unavailable } from "../problem.ts";
import type { Known } from "./known.ts";
import { Complete, listAnswer, Place } from "./lists.ts";
import { type App, Limit, NoQuery, route, SymbolName, withEtag } from "./route.ts";

const Query = z.strictObject({ symbol: SymbolName.optional(), limit: Limit(1_000, 100), before: Place.optional() });

export function alertRoutes(app: App, lists: Lists, known: Known): void {
  route(
    app,
    {
      path: "/api/alerts",
      summary: "Alerts, newest first",
      description:
        "One item per alert, its highest revision, by the time it opened. With `symbol` its own alerts and the market-wide " +
        "ones that name it. `next` goes back in as `before`. `would_have: true`: from history before the start, shown and " +
        "never sent; its evidence says `resolution: 1m` where only candles tell it.",
      query: Query,
      answer: {
        type: "application/json",
        schema: z.object({ items: z.array(Alert), next: z.string().nullable(), complete: Complete }),
        description: "A page of alerts",
      },
      problems: [400, 404, 503],
    },
    async (query, c) => {
      await known.seeded(c.req.raw.signal);
      if (query.symbol !== undefined) known.symbol(query.symbol, "symbol");
      return listAnswer(c, await lists.alerts(query));
    },
  );

  route(
    app,
    {
      path: "/api/alerts/:id",
      documented: "/api/alerts/{id}",
      summary: "One alert with all its evidence",
      query: NoQuery,
      params: z.object({ id: z.string().openapi({ example: "SOLUSDT:up:1763683200000" }) }),
      answer: { type: "application/json", schema: Alert, description: "Its highest revision" },
      problems: [404, 503],
    },
    async (_query, c) => {
      await known.seeded(c.req.raw.signal);
      const id = c.req.param("id") ?? "";
      const alert = await lists.alert(id);
      if (alert === "unknown")
        throw unavailable("store_away", "Older alerts are in the store, which cannot be asked now", 2);
      if (alert === null)
        throw new HttpProblem({
          status: 404,
          code: "unknown_alert",
          title: "Unknown alert",
          detail: `There is no alert ${shown(id)}; /api/alerts lists those there are`,
          param: "id",
        });
      return withEtag(c, alert.text);
    },
  );
}
