import type { StoreHealth } from "../../core/ports/store.ts";
import { drizzleOver } from "../client-face.ts";
import type { Database, Param } from "../database.ts";
import { asTapebellError } from "../faults.ts";
import { surely } from "../retry.ts";
import { fromFault } from "./engine-faults.ts";
import type { Answer, Ask } from "./protocol.ts";

const WHERE = "the embedded database";
/** More rows at once, and the engine's memory grows and stays. */
const BATCH_ROWS = 500;
const WRITE_MS = 10_000;
const READ_MS = 5_000;
const GIVE_UP_MS = 30_000;
const HEALTH_MS = 1_500;
/** A pass over a large table; writers wait meanwhile and are sent again. */
const RECLAIM_MS = 60_000;
/** The thread drops what is late; ours is for a thread that does not answer at all. */
const GRACE_MS = 500;

type AskBody<T> = T extends unknown ? Omit<T, "id"> : never;

/** The embedded database as a role sees it: over its own port to the thread that owns it. */
export function connectEmbedded(port: MessagePort): Database {
  const pending = new Map<number, (answer: Answer) => void>();
  let lastId = 0;
  let retries = 0;
  let closed = false;
  let lastFault: string | null = null;
  port.onmessage = (event) => {
    const answer = event.data as Answer;
    pending.get(answer.id)?.(answer);
    pending.delete(answer.id);
  };

  const ask = (body: AskBody<Ask>, limit_ms: number): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(Object.assign(new Error("the store is closed"), { code: "LANE_ENDED" }));
      const id = ++lastId;
      const timer = setTimeout(() => {
        pending.delete(id);
        reject(Object.assign(new Error(`no answer within ${Math.round(limit_ms)} ms`), { code: "DEADLINE" }));
      }, limit_ms + GRACE_MS);
      pending.set(id, (answer) => {
        clearTimeout(timer);
        if ("fault" in answer) reject(fromFault(answer.fault));
        else resolve(answer);
      });
      port.postMessage({ ...body, id });
    });

  const statement = async (t: "write" | "read", text: string, params: readonly Param[], asArrays: boolean) => {
    const [limit_ms, give_up_ms] = t === "write" ? [WRITE_MS, GIVE_UP_MS] : [READ_MS, READ_MS];
    try {
      const rows = await surely(
        async (left_ms) => {
          const within_ms = Math.min(limit_ms, left_ms);
          const answer = await ask({ t, text, params, asArrays, until_ms: Date.now() + within_ms }, within_ms);
          return "rows" in answer ? answer.rows : [];
        },
        {
          give_up_ms,
          stopped: () => closed,
          onRetry: () => {
            retries++;
          },
        },
      );
      if (t === "write") lastFault = null;
      return rows;
    } catch (cause) {
      const said = asTapebellError(cause, WHERE);
      if (t === "write" && said.kind === "outside") lastFault = said.message;
      throw said;
    }
  };

  return {
    engine: "pglite",
    batchRows: BATCH_ROWS,
    async write<Row>(text: string, params: readonly Param[]) {
      return (await statement("write", text, params, false)) as readonly Row[];
    },
    async reclaim(table) {
      // This engine has no autovacuum: without this the files would grow as if nothing had been deleted.
      const until_ms = Date.now() + RECLAIM_MS;
      try {
        await ask({ t: "read", text: `VACUUM "${table}"`, params: [], asArrays: false, until_ms }, RECLAIM_MS);
      } catch (cause) {
        throw asTapebellError(cause, WHERE);
      }
    },
    reads: drizzleOver((text, params, asArrays) => statement("read", text, params, asArrays)),
    async health(): Promise<StoreHealth> {
      const base = { engine: "pglite" as const, retries, reconnects: 0 };
      try {
        const answer = await ask({ t: "health" }, HEALTH_MS);
        const { waiting, damage, backupProblem, backup_ms } = answer as Extract<Answer, { waiting: number }>;
        const bad = damage === null ? lastFault : `${WHERE} is damaged (${damage}); restart: it is restored`;
        const problem = bad ?? (backupProblem === null ? null : `the last backup failed: ${backupProblem}`);
        return { ...base, ok: bad === null, problem, waiting, backup_ms };
      } catch (cause) {
        const problem = `${WHERE} does not answer (${(cause as Error).message}); restart if this lasts`;
        return { ...base, ok: false, problem, waiting: pending.size, backup_ms: null };
      }
    },
    async close() {
      if (closed) return;
      const until = Date.now() + READ_MS;
      while (pending.size > 0 && Date.now() < until) await Bun.sleep(5);
      closed = true;
      port.close();
    },
  };
}
