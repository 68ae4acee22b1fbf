import { z } from "@hono/zod-openapi";
import { STREAM_TOPICS, USUAL_TOPICS } from "../../cache/events.ts";
import { readFilter } from "../stream/filter.ts";
import type { StreamHub } from "../stream/hub.ts";
import type { Known } from "./known.ts";
import { type App, route } from "./route.ts";

const Query = z.strictObject({
  topics: z
    .string()
    .optional()
    .openapi({ description: `Some of ${STREAM_TOPICS.join(", ")}; ${USUAL_TOPICS.join(", ")} when left out` }),
  symbols: z
    .string()
    .optional()
    .openapi({ description: "Comma-separated; all when left out, also those that come later" }),
  intervals: z.string().optional().openapi({ description: "Of bars; comma-separated, 1m when left out" }),
  last_event_id: z
    .string()
    .optional()
    .openapi({ description: "The same as the header Last-Event-ID, for who cannot set it" }),
});

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

export function streamRoute(app: App, hub: StreamHub, known: Known): void {
  route(
    app,
    {
      path: "/api/stream",
      summary: "Everything as it happens, as server-sent events",
      description:
        "`event:` is the record's kind, every event has an `id:`. First a `status`, which comes again each second as the sign " +
        "of life, then the newest bar per symbol and interval. With `Last-Event-ID` what was missed comes first; where that " +
        "cannot be, `event: reset` says why and history has to be loaded anew.",
      query: Query,
      answer: { type: "text/event-stream", schema: z.string(), description: "Events without end" },
      problems: [400, 404, 503],
    },
    async ({ last_event_id, ...wanted }, c) => {
      await known.seeded(c.req.raw.signal);
      const filter = readFilter(wanted, (symbol) => known.symbol(symbol, "symbols"));
      if (c.req.method === "HEAD") return new Response(null, { headers: HEADERS });
      const { peer } = c.env;
      const came = c.req.header("last-event-id") || last_event_id || null;
      const client = await hub.open(filter, came, () => peer.cut());
      const { signal } = c.req.raw;
      if (signal.aborted) client.end("left");
      signal.addEventListener("abort", () => client.end("left"), { once: true });
      peer.keepOpen();
      return new Response(client.body, { headers: HEADERS });
    },
  );
}
