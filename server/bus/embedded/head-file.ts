import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import type { Position } from "../../../core/ports/bus.ts";

export interface Head {
  readonly log_id: string;
  readonly boot: string;
  /** Closed in good order: everything is in the segments. */
  readonly clean: boolean;
  /** Numbers of the first and last segment file, and of those in between that are known to be gone. */
  readonly oldest: number;
  readonly newest: number;
  readonly gone: readonly number[];
  /** Per partition: where the oldest segment starts, and the position no record had yet. */
  readonly start: readonly Position[];
  readonly next: readonly Position[];
}

const BYTES_PER_PARTITION = 40;
const BYTES_FIXED = 320;

/**
 * The log's own memory of how far it got, beside the segments: written after each commit and before its ack. A segment
 * that comes back shorter than this has lost records, and their positions are never given out again.
 */
export class HeadFile {
  private fd: number | null = null;
  private readonly size: number;

  constructor(
    readonly path: string,
    partitions: number,
  ) {
    this.size = BYTES_FIXED + partitions * BYTES_PER_PARTITION;
  }

  /** Null when there is none or it cannot be believed. */
  read(): Head | null {
    let text: string;
    try {
      text = readFileSync(this.path, "latin1");
    } catch {
      return null;
    }
    const [json, sum] = text.split("\n");
    if (json === undefined || sum?.trim() !== checksum(json)) return null;
    const head: unknown = JSON.parse(json);
    return isHead(head) ? head : null;
  }

  write(head: Head): void {
    const json = JSON.stringify(head);
    const text = `${json}\n${checksum(json)}\n`.padEnd(this.size, " ");
    if (this.fd === null) {
      writeFileSync(`${this.path}.new`, text, "latin1");
      renameSync(`${this.path}.new`, this.path);
      this.fd = openSync(this.path, "r+");
      return;
    }
    // In place and of one length: a killed process leaves the old text or the new one.
    writeSync(this.fd, text, 0, "latin1");
  }

  close(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
  }
}

const checksum = (json: string) => Bun.hash.xxHash32(json).toString(16);

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const areCounts = (value: unknown) => Array.isArray(value) && value.every(isCount);

function isHead(value: unknown): value is Head {
  if (typeof value !== "object" || value === null) return false;
  const { log_id, boot, clean, oldest, newest, gone, start, next } = value as Record<string, unknown>;
  return (
    typeof log_id === "string" &&
    typeof boot === "string" &&
    typeof clean === "boolean" &&
    [oldest, newest].every(isCount) &&
    [gone, start, next].every(areCounts)
  );
}
