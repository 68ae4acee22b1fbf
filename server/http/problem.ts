/** An answer that is an error: RFC 9457, with a `code` that stays and a sentence that says what to do next. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** The parameter that is wrong. */
  readonly param?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members, such as the parts that are not ready. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export class HttpProblem extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export function problemResponse(problem: Problem): Response {
  const { status, code, title, detail, param, headers, more } = problem;
  const body = { type: `urn:tapebell:problem:${code}`, title, status, detail, code, ...(param && { param }), ...more };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}

/** What a caller sent is part of the sentence, so that it can be found; long or odd text is cut short. */
export const shown = (value: string): string => JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);

export const badParameter = (param: string, detail: string): HttpProblem =>
  new HttpProblem({ status: 400, code: "bad_parameter", title: "Bad parameter", detail, param });

export const unknownSymbol = (symbol: string, param: string): HttpProblem =>
  new HttpProblem({
    status: 404,
    code: "unknown_symbol",
    title: "Unknown symbol",
    detail: `No symbol ${shown(symbol)} is watched here; /api/symbols lists those that are`,
    param,
  });

export const unavailable = (code: string, detail: string, retryAfterSec: number): HttpProblem =>
  new HttpProblem({
    status: 503,
    code,
    title: "Not available now",
    detail,
    headers: { "retry-after": String(retryAfterSec) },
  });

export const notFound = (path: string): Problem => ({
  status: 404,
  code: "not_found",
  title: "Not found",
  detail: `There is nothing at ${shown(path)}; /openapi.json lists what there is`,
});
