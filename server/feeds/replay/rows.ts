import { BadLine } from "../../ndjson/market-line.ts";

const COLUMNS_MAX = 64;

/** Lines of JSON objects, or of arrays after a header that names their `columns`. */
export class RowReader {
  private columns: readonly string[] | null = null;

  /** Null: a header. Throws BadLine. */
  read(text: string): Record<string, unknown> | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new BadLine("it is no JSON");
    }
    if (typeof value !== "object" || value === null) throw new BadLine("it is no JSON object");
    if (Array.isArray(value)) return this.row(value);
    const given = value as Record<string, unknown>;
    const columns = columnsOf(given);
    if (columns === null) return given;
    this.columns = columns;
    return null;
  }

  private row(cells: readonly unknown[]): Record<string, unknown> {
    const { columns } = this;
    if (columns === null) throw new BadLine("an array, and no line before it names the columns");
    if (cells.length !== columns.length) throw new BadLine(`${cells.length} cells for ${columns.length} columns`);
    return Object.fromEntries(columns.map((name, i) => [name, cells[i]]));
  }
}

function columnsOf({ kind, columns }: Readonly<Record<string, unknown>>): readonly string[] | null {
  if (kind !== undefined || !Array.isArray(columns) || columns.length > COLUMNS_MAX) return null;
  return columns.every((name) => typeof name === "string") ? columns : null;
}
