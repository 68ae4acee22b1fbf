import { z } from "@hono/zod-openapi";
import type { HttpMetrics } from "../../metrics/metrics.ts";
import { type App, NoQuery, route } from "./route.ts";

export function metricsRoute(app: App, metrics: HttpMetrics): void {
  route(
    app,
    {
      path: "/metrics",
      summary: "Prometheus metrics",
      query: NoQuery,
      answer: { type: "text/plain", schema: z.string(), description: "Text exposition format" },
    },
    async () => metrics.response(),
  );
}
