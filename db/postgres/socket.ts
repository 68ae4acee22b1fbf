import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { fault } from "../faults.ts";
import type { PostgresAddress } from "./address.ts";

/** Asks a Postgres server whether it speaks TLS: length 8, code 80877103. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const YES = 83; // "S"

/**
 * A connected socket, encrypted as `sslmode` says. The negotiation is done here, because the driver's own drops every
 * listener of the socket and with it our knowledge of its death.
 */
export async function dial(
  address: PostgresAddress,
  connect_ms: number,
  onSocket: (socket: Socket) => void,
): Promise<Socket> {
  const unix = address.host.startsWith("/");
  const where = unix
    ? { path: `${address.host}/.s.PGSQL.${address.port}` }
    : { host: address.host, port: address.port };
  const plain = connect(where);
  onSocket(plain);
  await until(plain, "connect", connect_ms);
  if (!unix) {
    plain.setNoDelay(true);
    plain.setKeepAlive(true, 30_000);
  }
  if (unix || address.sslmode === "disable") return plain;

  const answer = until<Buffer>(plain, "data", connect_ms);
  plain.write(SSL_REQUEST);
  if ((await answer)[0] !== YES) {
    if (address.sslmode === "allow" || address.sslmode === "prefer") return plain;
    plain.destroy();
    throw fault("TLS_REFUSED", `the server speaks no TLS, and sslmode=${address.sslmode} demands it`);
  }
  const secure = connectTls({ socket: plain, ...tlsOptions(address) });
  onSocket(secure);
  await until(secure, "secureConnect", connect_ms);
  return secure;
}

function tlsOptions(address: PostgresAddress): ConnectionOptions {
  const checked = address.sslmode === "verify-ca" || address.sslmode === "verify-full";
  return {
    rejectUnauthorized: checked,
    ...(isIP(address.host) === 0 ? { servername: address.host } : { host: address.host }),
    // verify-ca: who signed it matters, the name in it does not.
    ...(address.sslmode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
    ...(address.ca === undefined ? {} : { ca: address.ca }),
    ...(address.cert === undefined ? {} : { cert: address.cert }),
    ...(address.key === undefined ? {} : { key: address.key }),
  };
}

function until<T = void>(socket: Socket, event: "connect" | "secureConnect" | "data", limit_ms: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      socket.off(event, done);
      socket.off("error", failed);
      socket.off("close", closed);
    };
    const done = (value: T): void => {
      end();
      resolve(value);
    };
    const failed = (cause: Error): void => {
      end();
      socket.destroy();
      reject(cause);
    };
    const closed = (): void =>
      failed(fault("CONNECTION_CLOSED", "the server closed the connection while it was being made"));
    const timer = setTimeout(() => failed(fault("CONNECT_TIMEOUT", `no answer within ${limit_ms} ms`)), limit_ms);
    socket.once(event, done as (value?: unknown) => void);
    socket.once("error", failed);
    socket.once("close", closed);
  });
}
