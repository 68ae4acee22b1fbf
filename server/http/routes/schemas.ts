import { z } from "@hono/zod-openapi";
import { MESSAGES, type MessageKind } from "../../../core/messages/index.ts";
import { HttpProblem, notFound, shown } from "../problem.ts";
import { type App, NoQuery, route, withEtag } from "./route.ts";

const KINDS = Object.keys(MESSAGES) as [MessageKind, ...MessageKind[]];
const isKind = (kind: string): kind is MessageKind => Object.hasOwn(MESSAGES, kind);

/** The JSON Schema of every record, and the API document. */
export function schemaRoutes(app: App, version: string): void {
  const texts = new Map<MessageKind, string>();
  route(
    app,
    {
      path: "/schemas/:file{[a-z_]+\\.json}",
      documented: "/schemas/{kind}.json",
      summary: "The JSON Schema of a record",
      query: NoQuery,
      params: z.object({ kind: z.enum(KINDS).openapi({ example: "bar" }) }),
      answer: { type: "application/json", schema: z.looseObject({}), description: "A JSON Schema" },
      problems: [404],
    },
    (_query, c) => {
      const kind = (c.req.param("file") ?? "").replace(/\.json$/, "");
      if (!isKind(kind))
        throw new HttpProblem({
          ...notFound(c.req.path),
          code: "unknown_kind",
          detail: `No record is called ${shown(kind)}; there are ${KINDS.join(", ")}`,
        });
      const text = texts.get(kind) ?? JSON.stringify(z.toJSONSchema(MESSAGES[kind], { io: "input" }));
      texts.set(kind, text);
      return withEtag(c, text);
    },
  );

  let document: string | null = null;
  route(
    app,
    {
      path: "/openapi.json",
      summary: "This document",
      query: NoQuery,
      answer: { type: "application/json", schema: z.looseObject({}), description: "OpenAPI 3.1" },
    },
    (_query, c) => {
      document ??= JSON.stringify(openApi(app, version));
      return withEtag(c, document);
    },
  );
}

/** The same schemas that read requests, written down. */
export const openApi = (app: App, version: string) =>
  app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Tapebell",
      version,
      description:
        "Candles, alerts and the news around them. Errors are application/problem+json with a stable `code`.",
    },
  });
