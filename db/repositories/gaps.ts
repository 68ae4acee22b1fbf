import { eq, or } from "drizzle-orm";
import type { DeadLetter, Gap } from "../../core/messages/index.ts";
import type { Page } from "../../core/ports/store.ts";
import type { Reads } from "../database.ts";
import { deadLetters, gaps } from "../schema/index.ts";
import { type Row, Upsert } from "../sql/upsert.ts";
import { newestFirst } from "./pages.ts";

export const gapsUpsert = new Upsert(gaps, {
  key: ["id"],
  wins: "excluded.revision > t.revision",
  compare: (a, b) => Number(a.revision) - Number(b.revision),
});

export function gapRow({ kind: _kind, ...gap }: Gap): Row<keyof typeof gaps._.columns> {
  return { ...gap, time: gap.from_ms, origin: gap.origin ?? null };
}

export async function readGaps(
  reads: Reads,
  query: { symbol?: string; status?: Gap["status"]; limit: number; before?: string },
): Promise<Page<Gap>> {
  const { id, revision, origin, provider, symbol, stream, from_seq, to_seq, from_ms, to_ms, status } = gaps;
  const page = await newestFirst<typeof gaps.$inferSelect>(
    reads,
    {
      table: gaps,
      columns: { id, revision, origin, provider, symbol, stream, from_seq, to_seq, from_ms, to_ms, status },
      time: gaps.time,
      id: gaps.id,
      where: [
        query.symbol === undefined ? undefined : or(eq(gaps.symbol, query.symbol), eq(gaps.symbol, "*")),
        query.status === undefined ? undefined : eq(gaps.status, query.status),
      ],
    },
    query,
  );
  return { items: page.items.map(toGap), next: page.next };
}

function toGap(row: typeof gaps.$inferSelect): Gap {
  return {
    kind: "gap",
    ...(row.origin === null ? {} : { origin: row.origin as NonNullable<Gap["origin"]> }),
    id: row.id,
    revision: row.revision,
    provider: row.provider,
    symbol: row.symbol,
    stream: row.stream,
    from_seq: row.from_seq,
    to_seq: row.to_seq,
    from_ms: row.from_ms,
    to_ms: row.to_ms,
    status: row.status as Gap["status"],
  };
}

export const deadLettersUpsert = new Upsert(deadLetters, { key: ["id"] });

/** Its time is that of the storing: the record's own may be the very thing that is wrong with it. */
export function deadLetterRow(
  { kind: _kind, ...letter }: DeadLetter,
  now_ms: number,
): Row<keyof typeof deadLetters._.columns> {
  return { ...letter, time: now_ms, origin: letter.origin ?? null };
}

export async function readDeadLetters(
  reads: Reads,
  query: { limit: number; before?: string },
): Promise<Page<DeadLetter>> {
  const { id, origin, where, reason, detail, symbol, ts_ms, raw } = deadLetters;
  const page = await newestFirst<typeof deadLetters.$inferSelect>(
    reads,
    {
      table: deadLetters,
      columns: { id, origin, where, reason, detail, symbol, ts_ms, raw },
      time: deadLetters.time,
      id,
      where: [],
    },
    query,
  );
  const items = page.items.map(
    (row): DeadLetter => ({
      kind: "dead_letter",
      ...(row.origin === null ? {} : { origin: row.origin as NonNullable<DeadLetter["origin"]> }),
      id: row.id,
      where: row.where,
      reason: row.reason,
      detail: row.detail,
      symbol: row.symbol,
      ts_ms: row.ts_ms,
      raw: row.raw,
    }),
  );
  return { items, next: page.next };
}
