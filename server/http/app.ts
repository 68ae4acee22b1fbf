import { OpenAPIHono } from "@hono/zod-openapi";
import { TapebellError } from "../../core/errors.ts";
import type { Status } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Store } from "../../core/ports/store.ts";
import { Archive } from "../cache/archive.ts";
import type { Cache } from "../cache/cache.ts";
import { History, type HistoryOptions } from "../cache/history.ts";
import { Lists } from "../cache/lists.ts";
import type { HttpMetrics } from "../metrics/metrics.ts";
import { createGuard, isService, type Limits } from "./guards/guard.ts";
import { secure } from "./guards/headers.ts";
import type { HostPolicy } from "./guards/host.ts";
import { HttpProblem, notFound, type Problem, problemResponse } from "./problem.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { barsRoute } from "./routes/bars.ts";
import { bookRoute } from "./routes/book.ts";
import { figureRoutes } from "./routes/figures.ts";
import { type FlowDeps, flowRoutes } from "./routes/flow.ts";
import { createKnown } from "./routes/known.ts";
import { ledgerRoutes } from "./routes/ledgers.ts";
import { metricsRoute } from "./routes/metrics.ts";
import type { App, Env, Peer } from "./routes/route.ts";
import { openApi, schemaRoutes } from "./routes/schemas.ts";
import { stateRoutes } from "./routes/state.ts";
import { streamRoute } from "./routes/stream.ts";
import { symbolRoutes } from "./routes/symbols.ts";
import { type HubOptions, StreamHub } from "./stream/hub.ts";
import { WatchDesk } from "./watch-desk.ts";

export interface HttpSettings {
  readonly HOST: string;
  readonly API_KEYS: readonly string[];
  /** Further names this server is reached by. */
  readonly ALLOWED_HOSTS?: readonly string[];
}

/** Answers for everything that is not the API's; null where the page has nothing either. */
export type PageHandler = (request: Request) => Response | null | Promise<Response | null>;

export interface AppDeps {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly status: () => Status;
  /** What the log's storage holds; left out where this process cannot look into it. */
  readonly busStats?: FlowDeps["busStats"];
  /** Null while it is being opened or restored; left out: there is none, and the log alone is the memory. */
  readonly store?: () => Store | null;
  readonly version: string;
  readonly settings: HttpSettings;
  readonly page: PageHandler | null;
  readonly metrics: HttpMetrics;
  /** Length of the micro-batches, where there are any. */
  readonly microBatchMs?: number | null;
  /** Told of every answer 500: it is a bug of ours. */
  readonly onBug?: (cause: unknown, where: string) => void;
  readonly limits?: Partial<Limits>;
  readonly stream?: Pick<HubOptions, "clientsMax" | "client" | "stallMs">;
  readonly history?: Omit<HistoryOptions, "clock" | "archive">;
}

export interface HttpApp {
  fetch(request: Request, peer: Peer): Promise<Response>;
  /** For connections that leave HTTP (the page under development): the same check that every request passes. */
  refuses(request: Request, ip: string): Response | null;
  readonly hub: StreamHub;
  openApi(): unknown;
  /** Ends all streams; requests under way are answered. */
  close(): void;
}

export function createApp(deps: AppDeps): HttpApp {
  const { cache, clock, status, settings, metrics, version, page } = deps;
  const hosts: HostPolicy = { boundHost: settings.HOST, allowedHosts: settings.ALLOWED_HOSTS ?? [] };
  const guard = createGuard({ hosts, apiKeys: settings.API_KEYS, clock, ...(deps.limits && { limits: deps.limits }) });
  const hub = new StreamHub({ cache, clock, status, ...deps.stream });
  const store = deps.store ?? (() => null);
  const archive = new Archive({ bus: cache.bus, clock, store });
  const history = new History(cache, { clock, archive: deps.store === undefined ? null : archive, ...deps.history });
  const lists = new Lists(cache, archive);
  metrics.watch({ cache, hub, status, store, archive, microBatchMs: deps.microBatchMs ?? null });

  const app: App = new OpenAPIHono<Env>();
  const known = createKnown(cache, clock);
  stateRoutes(app, status);
  symbolRoutes(app, cache, new WatchDesk(cache.bus, clock), known);
  bookRoute(app, cache, clock, known);
  barsRoute(app, history, known);
  alertRoutes(app, lists, known);
  ledgerRoutes(app, lists, known);
  figureRoutes(app, cache, lists, known);
  streamRoute(app, hub, known);
  schemaRoutes(app, version);
  metricsRoute(app, metrics);
  flowRoutes(app, { cache, status, ...(deps.busStats !== undefined && { busStats: deps.busStats }) });

  app.notFound(async (c) => {
    const { path, method } = c.req;
    const allowed = allowedMethods(app, path);
    if (allowed.length > 0) return problemResponse(wrongMethod(method, allowed));
    if (page !== null && !isService(path) && (method === "GET" || method === "HEAD")) {
      c.env.timed("page");
      const answer = await page(c.req.raw);
      if (answer !== null) return answer;
    }
    return problemResponse(notFound(path));
  });
  app.onError((cause, c) => {
    if (cause instanceof HttpProblem) return problemResponse(cause.problem);
    if (cause instanceof TapebellError && cause.kind === "outside") return problemResponse(outside(cause));
    deps.onBug?.(cause, `${c.req.method} ${c.req.path}`);
    return problemResponse(bug);
  });

  const refuses = (request: Request, ip: string): Response | null => {
    const refusal = guard(request, pathOf(request), ip);
    return refusal === null ? null : secured(problemResponse(refusal));
  };
  return {
    hub,
    refuses,
    openApi: () => openApi(app, version),
    async fetch(request, peer) {
      const started_ms = performance.now();
      let route = "other";
      const timed = (name: string): void => {
        route = name;
      };
      const answer = refuses(request, peer.ip) ?? secured(await app.fetch(request, { peer, timed }));
      metrics.answered(route, answer.status, (performance.now() - started_ms) / 1000);
      return answer;
    },
    close() {
      hub.close();
      history.close();
    },
  };
}

/** Routes are compared as text: decoding is theirs. */
const pathOf = (request: Request): string => {
  const start = request.url.indexOf("/", request.url.indexOf("://") + 3);
  return start < 0 ? "/" : (request.url.slice(start).split(/[?#]/, 1)[0] ?? "/");
};

function secured(answer: Response): Response {
  try {
    secure(answer.headers);
    return answer;
  } catch {
    // An answer of another server (the page's, under development) has headers that cannot be changed.
    const copy = new Response(answer.body, answer);
    secure(copy.headers);
    return copy;
  }
}

function allowedMethods(app: App, path: string): string[] {
  const methods = app.routes
    .filter((one) => new RegExp(`^${one.path.replace(/:\w+\{([^}]*)\}/g, "$1").replace(/:\w+/g, "[^/]+")}$`).test(path))
    .map((one) => one.method);
  const unique = new Set(methods);
  if (unique.has("GET")) unique.add("HEAD");
  return [...unique].sort();
}

const wrongMethod = (method: string, allowed: readonly string[]): Problem => ({
  status: 405,
  code: "method_not_allowed",
  title: "Method not allowed",
  detail: `${method} does nothing here; use ${allowed.join(" or ")}`,
  headers: { allow: allowed.join(", ") },
});

const outside = (cause: TapebellError): Problem => ({
  status: 503,
  code: cause.code,
  title: "Not available now",
  detail: cause.hint === undefined ? cause.message : `${cause.message}; ${cause.hint}`,
  headers: { "retry-after": "2" },
});

const bug: Problem = {
  status: 500,
  code: "internal",
  title: "Internal error",
  detail: "Something went wrong here, and it is not the request's fault; the server's log says more",
};
