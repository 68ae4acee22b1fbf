import type postgres from "postgres";
import type { Store } from "../../core/ports/store.ts";
import { bar, T0 } from "./samples.ts";

const ROWS = 20;

/**
 * Writers as the persist role is one: each its own source, a batch is offered until it is acknowledged, then the next.
 * Some batches are sent twice at once. A trigger notes every move of a position, so an effect that came twice shows.
 */
export class GatedWriters {
  readonly acked: number[];
  /** What calls were rejected with, and how often. */
  readonly rejected: Record<string, number> = {};
  readonly #store: Store;
  readonly #running: Promise<void>[];
  #stop = false;

  constructor(store: Store, writers: number) {
    this.#store = store;
    this.acked = Array.from({ length: writers }, () => 0);
    this.#running = this.acked.map((_, partition) => this.#write(partition));
  }

  static async noteMoves(side: postgres.Sql): Promise<void> {
    await side.unsafe(`CREATE TABLE moves (partition int, position bigint);
      CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO moves VALUES (NEW.partition, NEW.position); RETURN NULL; END';
      CREATE TRIGGER note_move AFTER INSERT OR UPDATE ON offsets FOR EACH ROW EXECUTE FUNCTION note_move()`);
  }

  get total(): number {
    return this.acked.reduce((sum, position) => sum + position, 0);
  }

  async #write(partition: number): Promise<void> {
    while (!this.#stop) {
      const position = (this.acked[partition] ?? 0) + 1;
      const rows = Array.from({ length: ROWS }, (_, i) =>
        bar({ symbol: `S${partition}`, start_ts_ms: T0 + (position * ROWS + i) * 60_000 }),
      );
      const source = { reader: "faults", log_id: "log-1", topic: "tape.bars", partition, from: position - 1, position };
      const copies = position % 10 === 0 ? 2 : 1;
      try {
        await Promise.all(Array.from({ length: copies }, () => this.#store.writeBars(source, rows)));
        this.acked[partition] = position;
      } catch (cause) {
        const code = String((cause as { code?: unknown }).code);
        this.rejected[code] = (this.rejected[code] ?? 0) + 1;
        await Bun.sleep(20);
      }
    }
  }

  /** Resolves once every writer has had this many more batches acknowledged. */
  async progress(batches: number, limit_ms = 60_000): Promise<void> {
    const goals = this.acked.map((position) => position + batches);
    const until = performance.now() + limit_ms;
    while (this.acked.some((position, i) => position < (goals[i] ?? 0))) {
      if (performance.now() > until)
        throw new Error(`no progress within ${limit_ms} ms: ${JSON.stringify(this.rejected)}`);
      await Bun.sleep(10);
    }
  }

  async stop(): Promise<void> {
    this.#stop = true;
    await Promise.all(this.#running);
  }

  /** What is wrong in the database, in words; empty when every acknowledged batch is there, once. */
  async wrongs(side: postgres.Sql): Promise<string[]> {
    const wrongs: string[] = [];
    const stored = await side`SELECT partition, position::int AS position FROM offsets WHERE reader = 'faults'`;
    const rows = await side`SELECT symbol, count(*)::int AS n FROM bars_ohlcv GROUP BY symbol`;
    const twice = await side`SELECT partition, position FROM moves GROUP BY 1, 2 HAVING count(*) > 1`;
    const moves = await side`SELECT count(*)::int AS n FROM moves`;
    for (const [partition, acked] of this.acked.entries()) {
      const position = stored.find((row) => row.partition === partition)?.position ?? 0;
      const count = rows.find((row) => row.symbol === `S${partition}`)?.n ?? 0;
      if (position !== acked) wrongs.push(`partition ${partition}: acknowledged ${acked}, stored ${position}`);
      if (count !== acked * ROWS)
        wrongs.push(`partition ${partition}: ${acked * ROWS} rows acknowledged, ${count} stored`);
    }
    if (twice.length > 0) wrongs.push(`${twice.length} positions took effect twice`);
    if (moves[0]?.n !== this.total) wrongs.push(`${this.total} batches acknowledged, ${moves[0]?.n} took effect`);
    return wrongs;
  }
}
