import { readFileSync } from "node:fs";
import { TapebellError } from "../../core/errors.ts";

const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof SSL_MODES)[number];

export interface PostgresAddress {
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly sslmode: SslMode;
  /** PEM texts. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** URL parameters that libpq knows and that say nothing we would do otherwise. */
const IGNORED = new Set([
  "application_name",
  "connect_timeout",
  "channel_binding",
  "gssencmode",
  "target_session_attrs",
]);

/**
 * `postgres://user:password@host:port/database?sslmode=…`. A Unix socket is `?host=/run/postgresql` or a
 * percent-encoded folder in the host's place. Read here and not by the driver, which passes on what it does not know.
 */
export function parsePostgresUrl(text: string): PostgresAddress {
  const url = urlOf(text);
  let sslmode: SslMode = "prefer";
  const files: { ca?: string; cert?: string; key?: string } = {};
  let host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1");
  for (const [name, value] of url.searchParams) {
    if (name === "sslmode") sslmode = sslModeOf(value);
    else if (name === "host") host = value;
    else if (name === "sslrootcert") files.ca = value;
    else if (name === "sslcert") files.cert = value;
    else if (name === "sslkey") files.key = value;
    else if (!IGNORED.has(name))
      throw usage(`parameter ${name} is not known`, `known: host, sslmode, sslrootcert, sslcert, sslkey`);
  }
  if (host.includes(",")) throw usage("several hosts are not supported", "name the one to use");
  // As libpq: a root certificate that was given is there to be checked against.
  if (sslmode === "require" && files.ca !== undefined) sslmode = "verify-ca";
  const user = decodeURIComponent(url.username) || "postgres";
  return {
    host: host || "localhost",
    port: url.port === "" ? 5432 : Number(url.port),
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    user,
    password: decodeURIComponent(url.password),
    sslmode,
    ca: pem(files.ca),
    cert: pem(files.cert),
    key: pem(files.key),
  };
}

/** The address as it may be shown: without the password. */
export function describeAddress(address: PostgresAddress): string {
  return `${address.user}@${address.host}:${address.port}/${address.database}`;
}

function urlOf(text: string): URL {
  // A URL cannot have an empty host with a port or user; libpq can, with the host among the parameters.
  const filled = text.replace(/^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?)(?=[:/?]|$)/, "$1localhost");
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(filled)) return new URL(filled);
  throw usage("it is no postgres:// URL", "write postgres://user:password@host:5432/database");
}

function sslModeOf(value: string): SslMode {
  const mode = SSL_MODES.find((known) => known === value);
  if (mode === undefined) throw usage(`sslmode=${value} is not known`, `allowed: ${SSL_MODES.join(", ")}`);
  return mode;
}

function pem(path: string | undefined): string | undefined {
  if (path === undefined || path === "system") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw usage(`the certificate file ${path} cannot be read: ${(cause as Error).message}`, "check the path");
  }
}

function usage(what: string, hint: string): TapebellError {
  return new TapebellError("usage", "database_url", `DATABASE_URL: ${what}`, { hint });
}
