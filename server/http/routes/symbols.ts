import { z } from "@hono/zod-openapi";
import { SymbolName, WATCH_SYMBOLS_MAX, Watched, type WatchOutcome } from "../../../core/messages/index.ts";
import type { Cache } from "../../cache/cache.ts";
import { badParameter, HttpProblem } from "../problem.ts";
import type { WatchDesk } from "../watch-desk.ts";
import type { Known } from "./known.ts";
import { type App, json, NoQuery, route } from "./route.ts";
import { writeRoute } from "./write.ts";

const Changed = z.object({ items: z.array(Watched) });
const Wanted = z.strictObject({
  symbols: z.array(SymbolName).min(1, "name one at least").max(WATCH_SYMBOLS_MAX),
});

/** Which symbols are watched, and more of them or fewer while it runs. */
export function symbolRoutes(app: App, cache: Cache, desk: WatchDesk, known: Known): void {
  route(
    app,
    {
      path: "/api/symbols",
      summary: "The symbols that are watched",
      query: NoQuery,
      answer: {
        type: "application/json",
        schema: z.object({ items: z.array(SymbolItem), next: z.null() }),
        description: "By name; `decimals` is null until a feed has said how its prices are shown",
      },
    },
    async (_query, c) => {
      await known.seeded(c.req.raw.signal);
      const items = [...cache.state.symbols()].map(([symbol, decimals]) => ({ symbol, decimals }));
      return json(JSON.stringify({ items, next: null }));
    },
  );

  writeRoute(
    app,
    {
      method: "post",
      path: "/api/symbols",
      summary: "Watch more symbols",
      description:
        "On the connections that are open: the others miss nothing. Each symbol is answered for by itself: `added`, " +
        "`already_watched`, `unknown_symbol` or `limit_reached`; when none of them can be watched the answer is a problem. " +
        "Remembered over a restart.",
      query: NoQuery,
      body: Wanted,
      answer: { type: "application/json", schema: Changed, description: "What became of each symbol" },
      problems: [400, 404, 409, 503],
    },
    async ({ symbols }) => answer(await desk.ask("add", symbols), "symbols"),
  );

  writeRoute(
    app,
    {
      method: "delete",
      path: "/api/symbols/:symbol",
      documented: "/api/symbols/{symbol}",
      summary: "Watch a symbol no longer",
      description: "Its history stays and can be asked for. Remembered over a restart.",
      query: NoQuery,
      params: z.object({ symbol: z.string().openapi({ example: "ETHUSDT" }) }),
      body: null,
      answer: { type: "application/json", schema: Changed, description: "That it is watched no longer" },
      problems: [400, 404, 409, 503],
    },
    async (_body, c) => {
      const parsed = SymbolName.safeParse(c.req.param("symbol"));
      if (!parsed.success) throw badParameter("symbol", "It is no symbol's name");
      return answer(await desk.ask("remove", [parsed.data]), "symbol");
    },
  );
}

const DONE: ReadonlySet<WatchOutcome> = new Set(["added", "already_watched", "removed"]);

/** Where nothing of what was wanted is so, the answer is a problem that says why. */
function answer(items: readonly Watched[], param: string): Response {
  const [first] = items;
  if (first === undefined || items.some(({ outcome }) => DONE.has(outcome))) return json(JSON.stringify({ items }));
  const isUnknown = first.outcome === "unknown_symbol" || first.outcome === "not_watched";
  throw new HttpProblem({
    status: isUnknown ? 404 : 409,
    code: isUnknown ? "unknown_symbol" : first.outcome,
    title: isUnknown ? "Unknown symbol" : "Not possible",
    detail: items.map(({ text }) => text).join("; "),
    param,
    more: { items },
  });
}

const SymbolItem = z.object({ symbol: z.string(), decimals: z.number().int().nullable() });
