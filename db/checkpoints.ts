import { desc, eq } from "drizzle-orm";
import type { Checkpoint, Checkpoints } from "../core/ports/checkpoints.ts";
import { unwrapped } from "./client-face.ts";
import type { Database } from "./database.ts";
import { checkpoints } from "./schema/index.ts";

/** One more than one: if the newest cannot be read, the one before it replays a little more of the log. */
const KEPT = 2;

/**
 * The new one in, all but the newest before it out, in one statement. Sent twice under the same id it is one save; the
 * sequence is taken when it runs, and a key's saves run one after the other.
 */
const SAVE = `WITH known AS (SELECT 1 FROM checkpoints WHERE key = $1::text AND save_id = $2::text),
  gone AS (DELETE FROM checkpoints WHERE key = $1::text AND NOT EXISTS (SELECT 1 FROM known) AND seq NOT IN
    (SELECT seq FROM checkpoints WHERE key = $1::text ORDER BY seq DESC LIMIT ${KEPT - 1}))
  INSERT INTO checkpoints (key, save_id, digest, body) VALUES ($1::text, $2::text, $3::text, $4::text)
  ON CONFLICT (key, save_id) DO NOTHING`;

/** Checkpoints in the database, for roles that run on several machines. */
export function checkpointsOver(database: Database): Checkpoints {
  const busy = new Map<string, Promise<unknown>>();
  return {
    save(key, checkpoint) {
      const begun_ms = performance.now();
      const body = JSON.stringify(checkpoint);
      const saved = { bytes: Buffer.byteLength(body), busy_ms: performance.now() - begun_ms };
      const params = [key, crypto.randomUUID(), digest(body), body];
      const before = busy.get(key) ?? Promise.resolve();
      const turn = before.then(() => database.write(SAVE, params)).then(() => saved);
      const settled: Promise<unknown> = turn.catch(() => undefined);
      busy.set(key, settled);
      void settled.then(() => {
        if (busy.get(key) === settled) busy.delete(key);
      });
      return turn;
    },
    async load(key) {
      const rows = await unwrapped(
        database.reads
          .select({ body: checkpoints.body, digest: checkpoints.digest, seq: checkpoints.seq })
          .from(checkpoints)
          .where(eq(checkpoints.key, key))
          .orderBy(desc(checkpoints.seq))
          .limit(KEPT),
      );
      const found: Checkpoint[] = [];
      const problems: string[] = [];
      for (const row of rows) {
        if (row.digest === digest(row.body)) found.push(JSON.parse(row.body) as Checkpoint);
        else problems.push(`checkpoint ${key} no. ${row.seq}: its checksum does not match; the one before it is used`);
      }
      return { found, problems };
    },
    async close() {
      await Promise.all(busy.values());
    },
  };
}

function digest(body: string): string {
  return new Bun.CryptoHasher("sha256").update(body).digest("hex");
}
