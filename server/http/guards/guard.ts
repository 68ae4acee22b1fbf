import type { Clock } from "../../../core/ports/clock.ts";
import type { Problem } from "../problem.ts";
import { isLoopback } from "./bind.ts";
import { type HostPolicy, refuseForeign } from "./host.ts";
import { ApiKeys, keyIn } from "./keys.ts";
import { RateLimit } from "./rate.ts";

export interface GuardOptions {
  readonly hosts: HostPolicy;
  readonly apiKeys: readonly string[];
  readonly clock: Clock;
  readonly limits?: Partial<Limits>;
}

interface Limit {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Limits {
  /** Callers on this machine while no keys are asked for. */
  readonly local: Limit;
  /** Callers with a key, each. */
  readonly keyed: Limit;
  /** Wrong or missing keys, per address: guessing stays slow. */
  readonly denied: Limit;
}

const LIMITS: Limits = {
  local: { perSecond: 1_000, burst: 2_000 },
  keyed: { perSecond: 100, burst: 200 },
  denied: { perSecond: 5, burst: 20 },
};

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const TARGET_MAX = 8_192;
export const BODY_MAX = 64 * 1024;

/** What anyone may see: that the server lives, and the page, which then asks for the key. */
const needsKey = (path: string): boolean => path !== "/health" && isService(path);

/** Paths that are the server's own; all others are the page's. */
export const isService = (path: string): boolean =>
  /^\/(api|schemas|docs|udf|sentiment|state|features|headlines)(\/|$)/.test(path) ||
  /^\/(health|ready|metrics|stats|bus-stats|openapi\.json)$/.test(path);

/** Everything a request has to pass before any route sees it; null lets it through. */
export function createGuard(options: GuardOptions): (request: Request, path: string, ip: string) => Problem | null {
  const { hosts, clock } = options;
  const keys = new ApiKeys(options.apiKeys);
  const limits = { ...LIMITS, ...options.limits };
  const local = new RateLimit(limits.local);
  const keyed = new RateLimit(limits.keyed);
  const denied = new RateLimit(limits.denied);

  return (request, path, ip) => {
    const foreign = refuseForeign(request.headers, hosts);
    if (foreign !== null) return foreign;
    if (!METHODS.has(request.method)) return unknownMethod;
    if (request.url.length > TARGET_MAX) return tooLong;
    if (Number(request.headers.get("content-length") ?? 0) > BODY_MAX) return tooLarge;
    const now_ms = clock.now();
    if (!keys.areRequired) return limited(local.take(isLoopback(ip) ? "local" : ip, now_ms));
    if (!needsKey(path)) return limited(local.take(ip, now_ms));
    const key = keyIn(request.headers);
    const who = key === "" ? null : keys.match(key);
    if (who !== null) return limited(keyed.take(who, now_ms));
    return limited(denied.take(ip, now_ms)) ?? noKey;
  };
}

function limited(wait_ms: number): Problem | null {
  if (wait_ms === 0) return null;
  const seconds = Math.max(1, Math.ceil(wait_ms / 1000));
  return {
    status: 429,
    code: "too_many_requests",
    title: "Too many requests",
    detail: `Slow down: the next request may come in ${seconds} s`,
    headers: { "retry-after": String(seconds) },
  };
}

const noKey: Problem = {
  status: 401,
  code: "key_required",
  title: "Key required",
  detail: "This server asks for a key: send it as `Authorization: Bearer <key>` or `x-api-key: <key>`",
  headers: { "www-authenticate": 'Bearer realm="tapebell"' },
};
const unknownMethod: Problem = {
  status: 501,
  code: "unknown_method",
  title: "Unknown method",
  detail: "This server knows GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS",
};
const tooLong: Problem = {
  status: 414,
  code: "url_too_long",
  title: "URL too long",
  detail: `The address may have ${TARGET_MAX} characters`,
};
const tooLarge: Problem = {
  status: 413,
  code: "body_too_large",
  title: "Body too large",
  detail: `A body may have ${BODY_MAX} bytes`,
};
