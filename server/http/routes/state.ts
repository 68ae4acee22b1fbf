import { z } from "@hono/zod-openapi";
import { Status } from "../../../core/messages/index.ts";
import { HttpProblem } from "../problem.ts";
import { type App, json, NoQuery, route } from "./route.ts";

/** Liveness, readiness and what the server knows about itself. */
export function stateRoutes(app: App, status: () => Status): void {
  route(
    app,
    {
      path: "/health",
      summary: "The process lives",
      query: NoQuery,
      answer: { type: "application/json", schema: z.object({ ok: z.literal(true) }), description: "Alive" },
    },
    () => json('{"ok":true}', { "cache-control": "no-store" }),
  );

  route(
    app,
    {
      path: "/ready",
      summary: "Everything works, or which part does not and why",
      query: NoQuery,
      answer: {
        type: "application/json",
        schema: z.object({ ready: z.literal(true), problems: z.array(z.string()), parts: z.array(ReadyPart) }),
        description: "Ready; `problems` holds what is served with reservations",
      },
      problems: [503],
    },
    () => {
      const { ready, problems, parts: all } = status();
      const parts = all.map(({ part, state, text }) => ({ part, state, text }));
      if (ready) return json(JSON.stringify({ ready, problems, parts }), { "cache-control": "no-store" });
      throw new HttpProblem({
        status: 503,
        code: "not_ready",
        title: "Not ready",
        detail: problems.join("; ") || "Starting",
        headers: { "retry-after": "1" },
        more: { ready, problems, parts },
      });
    },
  );

  route(
    app,
    {
      path: "/api/status",
      summary: "The whole system on one card",
      query: NoQuery,
      answer: { type: "application/json", schema: Status, description: "What the trust bar shows" },
    },
    () => json(JSON.stringify(status()), { "cache-control": "no-store" }),
  );
}

const ReadyPart = z.object({ part: z.string(), state: z.string(), text: z.string() });
