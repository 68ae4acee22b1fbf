import { z } from "@hono/zod-openapi";
import { DeadLetter, Gap } from "../../../core/messages/index.ts";
import { type LettersPlace, type Lists, lettersPlace } from "../../cache/lists.ts";
import type { Known } from "./known.ts";
import { Complete, CURSOR_MAX, listAnswer, NOT_OURS, Place, placeOf } from "./lists.ts";
import { type App, Limit, route, SymbolName } from "./route.ts";

const GAP_STATUS = ["open", "filled", "lost"] as const;
const GapsQuery = z.strictObject({
  symbol: SymbolName.optional(),
  status: z.enum(GAP_STATUS, { error: `not one of ${GAP_STATUS.join(", ")}` }).optional(),
  limit: Limit(1_000, 100),
  before: Place.optional(),
});

const LettersQuery = z.strictObject({
  limit: Limit(500, 100),
  before: z
    .string()
    .max(CURSOR_MAX, "longer than any cursor")
    .transform((text, context): LettersPlace => {
      const place = lettersPlace(text);
      if (place !== null && !("stored" in place && placeOf(place.stored) === null)) return place;
      context.addIssue({ code: "custom", message: NOT_OURS });
      return z.NEVER;
    })
    .optional()
    .openapi({ type: "string", description: "`next` of the page before" }),
});

/** What is missing, and what was refused. */
export function ledgerRoutes(app: App, lists: Lists, known: Known): void {
  route(
    app,
    {
      path: "/api/gaps",
      summary: "What is known to be missing, newest first",
      description:
        "One item per gap, its highest revision, by where it begins. With `symbol` also those of every symbol.",
      query: GapsQuery,
      answer: {
        type: "application/json",
        schema: z.object({ items: z.array(Gap), next: z.string().nullable(), complete: Complete }),
        description: "A page of gaps",
      },
      problems: [400, 404],
    },
    async (query, c) => {
      await known.seeded(c.req.raw.signal);
      if (query.symbol !== undefined) known.symbol(query.symbol, "symbol");
      return listAnswer(c, await lists.gaps(query));
    },
  );

  route(
    app,
    {
      path: "/api/dead-letters",
      summary: "Records that could not be used, with the reason, newest first",
      query: LettersQuery,
      answer: {
        type: "application/json",
        schema: z.object({ items: z.array(DeadLetter), next: z.string().nullable(), complete: Complete }),
        description: "A page of dead letters; `raw` is the record as it came",
      },
      problems: [400],
    },
    async (query, c) => {
      await known.seeded(c.req.raw.signal);
      return listAnswer(c, await lists.deadLetters(query));
    },
  );
}
