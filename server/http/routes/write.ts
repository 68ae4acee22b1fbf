import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { badParameter, HttpProblem, shown } from "../problem.ts";
import { type App, answersOf, type Env, type RouteSpec, readQuery } from "./route.ts";

interface WriteSpec<Q extends z.ZodType, B extends z.ZodType> extends RouteSpec<Q> {
  readonly method: "post" | "put" | "delete";
  /** Null: a body is not read. */
  readonly body: B | null;
}

/** One route that changes something: the schema that reads its body is the one the API document shows. */
export function writeRoute<Q extends z.ZodType, B extends z.ZodType>(
  app: App,
  spec: WriteSpec<Q, B>,
  handle: (body: z.output<B>, c: Context<Env>) => Response | Promise<Response>,
): void {
  const { path, method, documented = path, summary, description, query, params, body } = spec;
  app.openAPIRegistry.registerPath({
    method,
    path: documented,
    summary,
    ...(description !== undefined && { description }),
    request: {
      ...(params && { params }),
      ...(body !== null && { body: { required: true, content: { "application/json": { schema: body } } } }),
    },
    responses: answersOf(spec),
  });
  app.on(method, path, async (c) => {
    c.env.timed(path);
    readQuery(query, c.req.url);
    return handle((body === null ? undefined : await readBody(body, c)) as z.output<B>, c);
  });
}

async function readBody<B extends z.ZodType>(schema: B, c: Context<Env>): Promise<z.output<B>> {
  let given: unknown;
  try {
    given = JSON.parse(await c.req.text());
  } catch {
    throw new HttpProblem({
      status: 400,
      code: "bad_body",
      title: "Bad body",
      detail: "The body is no JSON; /openapi.json shows what belongs there",
    });
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    const name = issue.keys[0] ?? "";
    throw badParameter(name.slice(0, 80), `There is no member ${shown(name)} in this body`);
  }
  throw badParameter(issue?.path.join(".") || "body", issue?.message ?? "not valid");
}
