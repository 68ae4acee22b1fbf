import type { PartitionInfo, Position } from "../../../core/ports/bus.ts";
import { release } from "../codec.ts";
import type { Append, Row, TopicLog } from "../topic-log.ts";

/** A topic in memory: bounded by records, bytes and age over all partitions; the oldest blocks go first. */
export class RingLog implements TopicLog {
  readonly logId: string;
  readonly partitions: number;
  private readonly rowsOf: Row[][];
  private readonly ends: Position[];
  private bytes = 0;
  private records = 0;

  constructor(
    logId: string,
    partitions: number,
    private retentionMs: number,
    private retentionBytes: number,
    private readonly recordsMax: number,
  ) {
    this.logId = logId;
    this.partitions = partitions;
    this.rowsOf = Array.from({ length: partitions }, () => []);
    this.ends = new Array<Position>(partitions).fill(0);
  }

  append(parts: readonly Append[], now_ms: number): Position[] {
    const firsts = parts.map(({ partition, blocks }) => {
      const rows = this.rowsOf[partition]!;
      const first = this.ends[partition]!;
      const time_ms = Math.max(now_ms, rows.at(-1)?.time_ms ?? 0);
      for (const { count, bytes } of blocks) {
        rows.push({ first: this.ends[partition]!, count, bytes, time_ms });
        this.ends[partition]! += count;
        this.bytes += bytes.length;
        this.records += count;
      }
      return first;
    });
    this.retain(now_ms);
    return firsts;
  }

  *rows(partition: number, position: Position): Iterable<Row> {
    const rows = this.rowsOf[partition]!;
    for (let i = firstIndex(rows, (row) => row.first + row.count > position); i < rows.length; i++) yield rows[i]!;
  }

  *rowsBack(partition: number): Iterable<Row> {
    const rows = this.rowsOf[partition]!;
    for (let i = rows.length - 1; i >= 0; i--) yield rows[i]!;
  }

  info(partition: number): PartitionInfo {
    const end = this.ends[partition]!;
    return { log_id: this.logId, start: this.rowsOf[partition]![0]?.first ?? end, end };
  }

  positionAt(partition: number, time_ms: number): Position {
    const rows = this.rowsOf[partition]!;
    return rows[firstIndex(rows, (row) => row.time_ms >= time_ms)]?.first ?? this.ends[partition]!;
  }

  retain(now_ms: number): void {
    const tooMuch = () => this.bytes > this.retentionBytes || this.records > this.recordsMax;
    const tooOld = (row: Row) => row.time_ms < now_ms - this.retentionMs;
    const cuts = new Array<number>(this.partitions).fill(0);
    for (;;) {
      let oldest = -1;
      for (let p = 0; p < this.partitions; p++) {
        const row = this.rowsOf[p]![cuts[p]!];
        if (row !== undefined && (oldest < 0 || row.time_ms < this.rowsOf[oldest]![cuts[oldest]!]!.time_ms)) oldest = p;
      }
      if (oldest < 0) break;
      const row = this.rowsOf[oldest]![cuts[oldest]!]!;
      if (!tooOld(row) && !tooMuch()) break;
      cuts[oldest]!++;
      this.bytes -= row.bytes.length;
      this.records -= row.count;
    }
    cuts.forEach((cut, p) => {
      if (cut > 0) for (const row of this.rowsOf[p]!.splice(0, cut)) release(row.bytes);
    });
  }

  trim(before: readonly Position[]): void {
    this.rowsOf.forEach((rows, p) => {
      for (const row of rows.splice(
        0,
        firstIndex(rows, ({ first, count }) => first + count > before[p]!),
      )) {
        this.bytes -= row.bytes.length;
        this.records -= row.count;
        release(row.bytes);
      }
    });
  }

  stats(): { bytes: number; segments: number } {
    return { bytes: this.bytes, segments: 0 };
  }

  setRetention(retentionMs: number, retentionBytes: number): void {
    this.retentionMs = retentionMs;
    this.retentionBytes = retentionBytes;
  }

  close(): void {
    for (const rows of this.rowsOf) rows.length = 0;
  }
}

/** Index of the first row for which `test` holds, by halving; `test` is false then true along the rows. */
function firstIndex(rows: readonly Row[], test: (row: Row) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(rows[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
