import { TapebellError } from "../core/errors.ts";

/** A fault of the connection, ours or the socket's; never an answer of the server to a statement. */
export function fault(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code });
}

interface ServerError {
  readonly name: "PostgresError";
  readonly code: string;
  readonly severity?: string;
  readonly message: string;
}

export function isServerError(cause: unknown): cause is ServerError {
  return cause instanceof Error && cause.name === "PostgresError" && typeof codeOf(cause) === "string";
}

export function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** States of the server, not of the statement: the same statement may succeed in a moment. */
const PASSING = /^(08|53|57P|40001|40P01|55P03|58|25006)/;
const STATEMENT_TIMEOUT = "57014";
/** Who we are or where we go is wrong: waiting does not mend it. */
const MISCONFIGURED = /^(28|3D000|42501)/;
const TRANSPORT =
  /^(CONN|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_|ENOTFOUND|ENOENT|LANE_|DEADLINE|ERR_SOCKET|ERR_STREAM|ERR_SSL|UND_)/;
const CERTIFICATE = /^(TLS_REFUSED|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS|HOSTNAME_MISMATCH)/;

export type Remedy = "again" | "again_few" | "give_up";

/** Whether an idempotent statement that ended so should be sent again. */
export function remedyFor(cause: unknown): Remedy {
  const code = codeOf(cause);
  if (isServerError(cause)) {
    if (code === STATEMENT_TIMEOUT) return "again_few";
    if (MISCONFIGURED.test(code)) return "give_up";
    return PASSING.test(code) || isFatal(cause) ? "again" : "give_up";
  }
  return TRANSPORT.test(code) ? "again" : "give_up";
}

/** Whether the connection may be used after this. A server that has become read-only is left, to find the new primary. */
export function connectionSurvives(cause: unknown): boolean {
  return isServerError(cause) && !isFatal(cause) && !/^(57P|25006)/.test(codeOf(cause));
}

function isFatal(cause: ServerError): boolean {
  return cause.severity === "FATAL" || cause.severity === "PANIC";
}

/** The fault in a reader's words: what happened, and what to do. */
export function explain(
  cause: unknown,
  where: string,
): { code: string; message: string; hint: string; mendable: boolean } {
  const code = codeOf(cause);
  const said = cause instanceof Error ? cause.message : String(cause);
  const say = (name: string, what: string, hint: string, mendable = false) => ({
    code: name,
    message: `${where}: ${what} (${code === "" ? said : `${code}: ${said}`})`,
    hint,
    mendable,
  });
  if (isServerError(cause)) {
    if (/^28/.test(code))
      return say(
        "database_login",
        "the server refuses this user or password",
        "check user, password and pg_hba.conf",
        true,
      );
    if (code === "3D000")
      return say("database_missing", "there is no such database", "create it, or correct DATABASE_URL", true);
    if (code === "42501")
      return say("database_rights", "this user may not do that", "grant the user rights on the schema", true);
    if (code === "53100")
      return say("database_full", "the server's disk is full", "free disk space; writing goes on by itself");
    if (/^53/.test(code))
      return say(
        "database_overloaded",
        "the server is out of connections or memory",
        "raise its limits; writing goes on by itself",
      );
    if (code === "25006")
      return say(
        "database_read_only",
        "the server is read-only",
        "make it writable or promote the standby; writing goes on by itself",
      );
    if (code === STATEMENT_TIMEOUT)
      return say("database_slow", "a statement took too long and was stopped", "look for locks or an overloaded disk");
    if (/^57P/.test(code))
      return say(
        "database_restarting",
        "the server is starting, stopping or ended the connection",
        "wait; writing goes on by itself",
      );
    if (/^(XX|58)/.test(code))
      return say("database_damaged", "the server reports damaged data or a failing disk", "look into its log");
    if (/^2[23]/.test(code))
      return say("store_rejected", "the server refuses a value", "the batch holds a row it cannot store");
    return say(
      "database_error",
      "the server refuses a statement",
      "this is a fault of this program: report it with this text",
    );
  }
  if (CERTIFICATE.test(code))
    return say(
      "database_tls",
      "the encrypted connection cannot be trusted",
      "check sslmode, sslrootcert and the server's certificate",
      true,
    );
  if (TRANSPORT.test(code))
    return say(
      "database_unreachable",
      "the server cannot be reached",
      "start it, or correct host and port in DATABASE_URL",
    );
  return say(
    "database_client",
    "the statement could not be sent",
    "this is a fault of this program: report it with this text",
  );
}

export function asTapebellError(cause: unknown, where: string): TapebellError {
  if (cause instanceof TapebellError) return cause;
  const { code, message, hint, mendable } = explain(cause, where);
  const kind = mendable ? "usage" : /_(client|error)$/.test(code) ? "bug" : "outside";
  return new TapebellError(kind, code, message, { hint, cause });
}
