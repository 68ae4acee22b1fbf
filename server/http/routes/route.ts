import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { badParameter, shown } from "../problem.ts";

/** The other end of a connection. */
export interface Peer {
  readonly ip: string;
  /** A quiet stream is not cut. */
  keepOpen(): void;
  /** Ends the connection whether or not the other end reads. */
  cut(): void;
}

export type Env = { Bindings: { peer: Peer; timed: (route: string) => void } };
export type App = OpenAPIHono<Env>;

export interface RouteSpec<Q extends z.ZodType> {
  readonly path: string;
  /** The path as the API document spells it, where that is not `path`. */
  readonly documented?: string;
  readonly summary: string;
  readonly description?: string;
  readonly query: Q;
  readonly params?: z.ZodObject;
  readonly answer: { readonly type: string; readonly schema: z.ZodType; readonly description: string };
  /** Statuses of the problems this route may answer, besides those that every route may. */
  readonly problems?: readonly number[];
}

export const NoQuery = z.strictObject({});

/** How many records a list answers. */
export const Limit = (max: number, fallback: number) =>
  z
    .string()
    .default(String(fallback))
    .transform((text, context): number => {
      const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
      if (limit >= 1 && limit <= max) return limit;
      context.addIssue({ code: "custom", message: `not a whole number from 1 to ${max}` });
      return z.NEVER;
    })
    .openapi({ type: "integer", minimum: 1, maximum: max, default: fallback });

export const SymbolName = z.string().min(1, "empty").max(64, "longer than 64 characters");

const ProblemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    param: z.string().optional(),
  })
  .openapi("Problem");

/** One GET route: the schema that reads its query is the one the API document shows. */
export function route<Q extends z.ZodType>(
  app: App,
  spec: RouteSpec<Q>,
  handle: (query: z.output<Q>, c: Context<Env>) => Response | Promise<Response>,
): void {
  const { path, documented = path, summary, description, query, params } = spec;
  app.openAPIRegistry.registerPath({
    method: "get",
    path: documented,
    summary,
    ...(description !== undefined && { description }),
    request: { query: query as unknown as z.ZodObject, ...(params && { params }) },
    responses: answersOf(spec),
  });
  app.get(path, (c) => {
    c.env.timed(path);
    return handle(readQuery(query, c.req.url), c);
  });
}

/** What a route answers, as the API document says it. */
export function answersOf<Q extends z.ZodType>({ answer, problems = [] }: RouteSpec<Q>) {
  const problem = { content: { "application/problem+json": { schema: ProblemSchema } } };
  return {
    200: { description: answer.description, content: { [answer.type]: { schema: answer.schema } } },
    ...Object.fromEntries(problems.map((status) => [status, { description: TITLES[status] ?? "Problem", ...problem }])),
    default: { description: "Any other problem", ...problem },
  };
}

const TITLES: Record<number, string> = {
  400: "A parameter is wrong; `param` names it",
  404: "Nothing of that name is known",
  409: "Not possible as things are; `code` and `detail` say why",
  503: "Not available now; `Retry-After` says when to ask again",
};

export function readQuery<Q extends z.ZodType>(schema: Q, url: string): z.output<Q> {
  const given = new Map<string, string>();
  for (const [name, value] of new URL(url).searchParams) {
    if (given.has(name)) throw badParameter(name, "It is given more than once");
    given.set(name, value);
  }
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    const name = issue.keys[0] ?? "";
    throw badParameter(name.slice(0, 80), `There is no parameter ${shown(name)} here`);
  }
  const name = String(issue?.path[0] ?? "query");
  const value = given.get(name);
  throw badParameter(name, `${value === undefined ? "It is missing" : shown(value)}: ${issue?.message ?? "not valid"}`);
}

export const json = (text: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(text, { headers: { "content-type": "application/json", "cache-control": "no-cache", ...headers } });

/** A list of records whose JSON is known already. */
export const listJson = (
  items: readonly string[],
  next: string | null,
  more: Readonly<Record<string, unknown>> = {},
) => {
  const rest = JSON.stringify({ next, ...more });
  return `{"items":[${items.join(",")}],${rest.slice(1)}`;
};

/** 304 for who has this very text already. */
export function withEtag(c: Context<Env>, text: string): Response {
  const etag = `"${Bun.hash(text).toString(36)}"`;
  const known = (c.req.header("if-none-match") ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (known.includes(etag) || known.includes("*"))
    return new Response(null, { status: 304, headers: { etag, "cache-control": "no-cache" } });
  return json(text, { etag });
}
