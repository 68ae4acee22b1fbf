import type { Socket } from "node:net";
import postgres from "postgres";
import type { Param } from "../database.ts";
import { fault } from "../faults.ts";
import type { PostgresAddress } from "./address.ts";
import { dial } from "./socket.ts";

export interface LaneOptions {
  readonly address: PostgresAddress;
  readonly application: string;
  readonly connect_ms: number;
  /** The server stops a statement after this long. */
  readonly statement_ms: number;
  readonly search_path: string;
}

export type Rows = readonly unknown[];

/** Times, numerics and JSON parameters pass as the text they are: drizzle and the repositories read and write them so. */
const AS_TEXT = [1082, 1083, 1114, 1115, 1182, 1184, 1185, 1231];

/**
 * One connection, used once. The driver is given a single socket and refused a second: by itself it would reconnect and
 * could run the rest of a transaction outside it, or lose the statement under way. Whoever sees a fault throws the lane
 * away and takes a new one.
 */
export class Lane {
  dead = false;
  readonly #sql: postgres.Sql;
  #socket: Socket | null = null;
  #dialled = false;

  constructor(options: LaneOptions) {
    const { address } = options;
    const died = (): void => {
      this.dead = true;
    };
    this.#sql = postgres({
      host: address.host,
      port: address.port,
      database: address.database,
      user: address.user,
      pass: address.password,
      ssl: false,
      max: 1,
      fetch_types: false,
      connect_timeout: options.connect_ms / 1000,
      idle_timeout: 0,
      max_lifetime: null,
      onnotice: () => undefined,
      onclose: died,
      connection: {
        application_name: options.application,
        search_path: options.search_path,
        statement_timeout: options.statement_ms,
        // The server notices within a second that we are gone, instead of finishing what nobody waits for.
        client_connection_check_interval: 1_000,
        TimeZone: "UTC",
      },
      socket: () => this.#dial(address, options.connect_ms),
    } as postgres.Options<Record<string, never>>);
    const { parsers, serializers } = this.#sql.options as unknown as Record<
      string,
      Record<number, (value: string) => string>
    >;
    for (const type of AS_TEXT) {
      parsers![type] = same;
      serializers![type] = same;
    }
    serializers![114] = same;
    serializers![3802] = same;
  }

  async #dial(address: PostgresAddress, connect_ms: number): Promise<Socket> {
    if (this.#dialled || this.dead) throw fault("LANE_CLOSED", "this connection has ended");
    this.#dialled = true;
    const died = (): void => {
      this.dead = true;
    };
    return await dial(address, connect_ms, (socket) => {
      this.#socket = socket;
      socket.on("error", died);
      socket.on("close", died);
      if (this.dead) socket.destroy();
    });
  }

  async run(text: string, params: readonly Param[], asArrays: boolean): Promise<Rows> {
    if (this.dead) throw fault("LANE_CLOSED", "this connection has ended");
    const query = this.#sql.unsafe(text, params as Param[], { prepare: params.length > 0 });
    return (await (asArrays ? query.values() : query)) as Rows;
  }

  /** At once, whatever is under way. */
  destroy(): void {
    this.dead = true;
    this.#socket?.destroy();
  }

  /** With a word of goodbye, so that the server's log stays quiet. */
  async leave(limit_ms: number): Promise<void> {
    if (!this.dead && this.#dialled) await this.#sql.end({ timeout: limit_ms / 1000 }).catch(() => undefined);
    this.destroy();
  }
}

function same(value: string): string {
  return value;
}
