import { eq, or } from "drizzle-orm";
import type { DeadLetter, Gap } from "../../core/messages/index.ts";
import type { Page } from "../../core/ports/store.ts";
import type { Reads } from "../database.ts";
import { deadLetters, gaps } from "../schema/index.ts";
import { upsertsOf } from "../sql/upsert.ts";
import { newestFirst } from "./pages.ts";

export const gapsUpsert = upsertsOf<Gap>().into(gaps, {
  values: {
    id: (gap) => gap.id,
    revision: (gap) => gap.revision,
    time: (gap) => gap.from_ms,
    origin: (gap) => gap.origin,
    provider: (gap) => gap.provider,
    symbol: (gap) => gap.symbol,
    stream: (gap) => gap.stream,
    from_seq: (gap) => gap.from_seq,
    to_seq: (gap) => gap.to_seq,
    from_ms: (gap) => gap.from_ms,
    to_ms: (gap) => gap.to_ms,
    status: (gap) => gap.status,
  },
  key: ["id"],
  wins: "excluded.revision > t.revision",
  compare: (a, b) => a.revision - b.revision,
});

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

export const deadLettersUpsert = upsertsOf<DeadLetter>().into(deadLetters, {
  values: {
    id: (letter) => letter.id,
    // That of the storing: the record's own may be the very thing that is wrong with it.
    time: () => Date.now(),
    origin: (letter) => letter.origin,
    where: (letter) => letter.where,
    reason: (letter) => letter.reason,
    detail: (letter) => letter.detail,
    symbol: (letter) => letter.symbol,
    ts_ms: (letter) => letter.ts_ms,
    raw: (letter) => letter.raw,
  },
  key: ["id"],
});

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
