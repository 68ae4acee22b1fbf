import { DrizzleQueryError } from "drizzle-orm/errors";
import { drizzle } from "drizzle-orm/postgres-js";
import type { Sql } from "postgres";
import type { Param, Reads } from "./database.ts";
import * as schema from "./schema/index.ts";

export type Send = (text: string, params: readonly Param[], asArrays: boolean) => Promise<readonly unknown[]>;

/** The few things drizzle asks of its driver, over any way to send a statement. */
export function drizzleOver(send: Send): Reads {
  return drizzle(face(send) as unknown as Sql, { schema });
}

/** Drizzle puts an error of its own around ours, with the statement's text in place of the reason. */
export async function unwrapped<T>(call: PromiseLike<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw cause instanceof DrizzleQueryError && cause.cause !== undefined ? cause.cause : cause;
  }
}

function face(send: Send): object {
  return {
    options: { parsers: {}, serializers: {} },
    unsafe(text: string, params: readonly Param[] = []) {
      const rows = (asArrays: boolean): Promise<readonly unknown[]> => send(text, params, asArrays);
      // biome-ignore lint/suspicious/noThenProperty: drizzle awaits the query itself, or asks for its values first
      return { values: () => rows(true), then: (done: never, failed: never) => rows(false).then(done, failed) };
    },
    /** For the migrator alone, which is given a session of its own. */
    async begin<T>(work: (session: object) => Promise<T>): Promise<T> {
      await send("BEGIN", [], false);
      try {
        const result = await work(face(send));
        await send("COMMIT", [], false);
        return result;
      } catch (cause) {
        await send("ROLLBACK", [], false).catch(() => undefined);
        throw cause;
      }
    },
  };
}
