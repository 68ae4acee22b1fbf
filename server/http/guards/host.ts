import { isIP } from "node:net";
import { type Problem, shown } from "../problem.ts";
import { bareHost, isLoopback } from "./bind.ts";

export interface HostPolicy {
  /** What the server is bound to. */
  readonly boundHost: string;
  /** Further names it is reached by, such as that of a reverse proxy. */
  readonly allowedHosts: readonly string[];
}

const WILDCARDS = new Set(["0.0.0.0", "::", ""]);

/** The host name in a `Host` value, without its port; null when it is none. */
function nameIn(host: string): string | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.exec(host);
  return match === null ? null : bareHost(match[1] ?? "");
}

/**
 * A page elsewhere can point a name of its own at this machine and then read from it as "same origin": only names that are
 * ours are answered. An address typed as digits cannot be such a name, so a server bound to all addresses accepts those.
 */
export function isOurHost(host: string, policy: HostPolicy): boolean {
  const name = nameIn(host);
  if (name === null) return false;
  if (isLoopback(name)) return true;
  const bound = bareHost(policy.boundHost);
  if (WILDCARDS.has(bound) ? isIP(name) !== 0 : name === bound) return true;
  return policy.allowedHosts.some((allowed) => bareHost(allowed) === name);
}

/** Null when the request comes from where it may. */
export function refuseForeign(headers: Headers, policy: HostPolicy): Problem | null {
  const host = headers.get("host") ?? "";
  if (!isOurHost(host, policy))
    return {
      status: 403,
      code: "host_not_allowed",
      title: "Host not allowed",
      detail: `This server does not answer to the name ${shown(host)}; add it to ALLOWED_HOSTS if it is yours`,
    };
  const origin = headers.get("origin");
  if (origin === null || isSameOrigin(origin, host, policy)) return null;
  return {
    status: 403,
    code: "origin_not_allowed",
    title: "Origin not allowed",
    detail: `A page of ${shown(origin)} may not use this server`,
  };
}

function isSameOrigin(origin: string, host: string, policy: HostPolicy): boolean {
  const match = /^https?:\/\/([^/?#@]+)$/i.exec(origin);
  if (match === null) return false;
  const theirs = (match[1] ?? "").toLowerCase();
  if (theirs === host.toLowerCase()) return true;
  const name = nameIn(theirs);
  return name !== null && policy.allowedHosts.some((allowed) => bareHost(allowed) === name);
}
