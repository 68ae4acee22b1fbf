import { TapebellError } from "../../core/errors.ts";
import { BLOCK_BYTES_MAX, BLOCK_RECORDS_MAX, checkRecord, PUBLISH_BYTES_MAX, PUBLISH_RECORDS_MAX } from "./limits.ts";

/**
 * A block is a run of JSON texts as bytes: u32 count, u32 text bytes, count × u32 length in UTF-16 units, then all texts
 * as one UTF-8 run, padded to 4. Lengths instead of a separator: any text comes out as it went in, and one decode of the
 * whole run is several times cheaper than one per record.
 */
export interface Block {
  readonly count: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const HEADER_BYTES = 8;
const encoder = new TextEncoder();
// ignoreBOM: a record that starts with U+FEFF keeps it, or every later record would shift by one.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const padded = (bytes: number) => (bytes + 3) & ~3;

function encodeBlock(values: readonly string[], from: number, to: number): Block {
  const count = to - from;
  const text = count === 1 ? values[from]! : values.slice(from, to).join("");
  const head = HEADER_BYTES + count * 4;
  let bytes = new Uint8Array(padded(head + text.length));
  let written = encoder.encodeInto(text, bytes.subarray(head));
  if (written.read < text.length) {
    bytes = new Uint8Array(padded(head + Buffer.byteLength(text)));
    written = encoder.encodeInto(text, bytes.subarray(head));
  }
  const view = new Uint32Array(bytes.buffer, 0, 2 + count);
  view[0] = count;
  view[1] = written.written;
  for (let i = 0; i < count; i++) view[2 + i] = values[from + i]!.length;
  return { count, bytes };
}

export function encode(topic: string, values: readonly string[]): Block[] {
  if (values.length > PUBLISH_RECORDS_MAX) throw tooLarge(topic, `${values.length} records`, PUBLISH_RECORDS_MAX);
  const blocks: Block[] = [];
  let from = 0;
  let blockBytes = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    checkRecord(topic, values[i]!);
    const units = values[i]!.length;
    if (i > from && (i - from >= BLOCK_RECORDS_MAX || blockBytes + units > BLOCK_BYTES_MAX)) {
      blocks.push(encodeBlock(values, from, i));
      from = i;
      blockBytes = 0;
    }
    blockBytes += units;
    total += units;
    if (total > PUBLISH_BYTES_MAX) throw tooLarge(topic, "the records", PUBLISH_BYTES_MAX);
  }
  if (values.length > from) blocks.push(encodeBlock(values, from, values.length));
  return blocks;
}

const tooLarge = (topic: string, what: string, limit: number) =>
  new TapebellError("usage", "publish_too_large", `${what} in one publish to ${topic} are over the limit of ${limit}`, {
    hint: "publish in several calls",
  });

/** Appends the texts of a block that starts at `offset` to `into`; returns where the next block starts. */
export function decodeBlock(bytes: Uint8Array, offset: number, into: string[]): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.byteLength - offset);
  const count = view.getUint32(0, true);
  const textBytes = view.getUint32(4, true);
  const head = HEADER_BYTES + count * 4;
  const text = decoder.decode(bytes.subarray(offset + head, offset + head + textBytes));
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(HEADER_BYTES + i * 4, true);
    into.push(text.substring(at, at + length));
    at += length;
  }
  return offset + padded(head + textBytes);
}

/**
 * Gives a block's memory back now. The collector sees a small object and takes its time, while megabytes a second hang on
 * many of them: what nobody needs any more is not left to it.
 */
export const release = (bytes: Uint8Array<ArrayBuffer>): void => void bytes.buffer.transfer(0);
