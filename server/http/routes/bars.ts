import { z } from "@hono/zod-openapi";
import { Bar, READ_INTERVALS } from "../../../core/messages/index.ts";
import { type BarsPage, type BarsQuery, HistoryError } from "../../cache/bars-page.ts";
import type { History } from "../../cache/history.ts";
import { badParameter, unavailable } from "../problem.ts";
import type { Known } from "./known.ts";
import { type App, Limit, listJson, route, withEtag } from "./route.ts";

const LIMIT_MAX = 1_000;
const LIMIT_DEFAULT = 600;
const TIME_MAX_MS = 8.64e15;

/** Epoch milliseconds, or ISO-8601 with an offset. */
const Time = z
  .string()
  .transform((text, context): number => {
    const time_ms = /^\d{1,16}$/.test(text) ? Number(text) : isIso(text) ? Date.parse(text) : Number.NaN;
    if (time_ms >= 0 && time_ms <= TIME_MAX_MS) return time_ms;
    context.addIssue({
      code: "custom",
      message: "not a time: epoch milliseconds, or ISO-8601 as 2026-01-31T12:00:00Z",
    });
    return z.NEVER;
  })
  .openapi({ type: "string", description: "Epoch milliseconds, or ISO-8601 with an offset" });

const isIso = (text: string): boolean => z.iso.datetime({ offset: true }).safeParse(text).success;

const Query = z.strictObject({
  symbol: z
    .string({ error: "name one, as /api/symbols lists them" })
    .min(1, "empty")
    .max(64, "longer than 64 characters"),
  interval: z.enum(READ_INTERVALS, { error: `not one of ${READ_INTERVALS.join(", ")}` }).default("1m"),
  from: Time.optional(),
  to: Time.optional(),
  limit: Limit(LIMIT_MAX, LIMIT_DEFAULT),
  cursor: z
    .string()
    .max(100, "longer than any cursor")
    .optional()
    .openapi({ description: "`next` of the page before" }),
});

const Answer = z.object({
  items: z.array(Bar),
  next: z.string().nullable(),
  complete: z.boolean().openapi({
    description: "False: older bars than these may exist; the store is away, or the log was too long to read",
  }),
});

export function barsRoute(app: App, history: History, known: Known): void {
  route(
    app,
    {
      path: "/api/bars",
      summary: "Bars of one symbol, oldest first",
      description:
        "Without `from` the newest `limit` bars (that start before `to`), the one still forming last with `final: false`; " +
        "with `from` the oldest `limit` bars from there on. `from` is inside, `to` outside. `next` pages on in that direction.",
      query: Query,
      answer: { type: "application/json", schema: Answer, description: "A page of bars" },
      problems: [400, 404, 503],
    },
    async ({ symbol, interval, from, to, limit, cursor }, c) => {
      await known.seeded(c.req.raw.signal);
      known.symbol(symbol, "symbol");
      if (from !== undefined && to !== undefined && from >= to) throw badParameter("to", "`to` has to be after `from`");
      const asked: BarsQuery = { symbol, interval, from_ms: from ?? null, to_ms: to ?? null, limit };
      const query = cursor === undefined ? asked : { ...asked, ...readCursor(cursor) };
      const page = await history.bars(query).catch((cause: unknown) => {
        if (cause instanceof HistoryError) throw unavailable(`history_${cause.why}`, sentence(cause), 2);
        throw cause;
      });
      const text = listJson(page.items, nextCursor(page), { complete: page.complete });
      return withEtag(c, text);
    },
  );
}

const sentence = (error: HistoryError): string =>
  error.why === "busy"
    ? "Others are reading old bars; ask again shortly"
    : "The log is too long to be read so far back in time; ask for later bars";

function nextCursor({ next }: BarsPage): string | null {
  if (next === null) return null;
  const text = "from_ms" in next ? `from.${next.from_ms}` : `to.${next.to_ms}`;
  return Buffer.from(text, "latin1").toString("base64url");
}

function readCursor(cursor: string): { from_ms: number } | { to_ms: number } {
  const match = /^(from|to)\.(\d{1,16})$/.exec(Buffer.from(cursor, "base64url").toString("latin1"));
  const time_ms = Number(match?.[2]);
  if (match === null || time_ms > TIME_MAX_MS)
    throw badParameter("cursor", "Not a cursor of this server; use `next` as it came");
  return match[1] === "from" ? { from_ms: time_ms } : { to_ms: time_ms };
}
