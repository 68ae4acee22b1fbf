import { TapebellError } from "../../../core/errors.ts";

export interface BindSettings {
  readonly HOST: string;
  readonly API_KEYS: readonly string[];
}

/** Names that cannot be reached from another machine. */
export function isLoopback(host: string): boolean {
  const name = bareHost(host);
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

export const bareHost = (host: string): string =>
  host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");

/** Whoever opens the server to others has to say who may use it. */
export function assertSafeBind({ HOST, API_KEYS }: BindSettings): void {
  if (isLoopback(HOST) || API_KEYS.length > 0) return;
  throw new TapebellError(
    "usage",
    "unsafe_bind",
    `HOST=${HOST} lets other machines in, and no API_KEYS says which of them may`,
    { hint: "set API_KEYS to one or more long random strings, or HOST=127.0.0.1" },
  );
}
