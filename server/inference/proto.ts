/** Protocol buffers, as far as a model file needs them: fields in order, each with where it stands. */

export interface Field {
  readonly number: number;
  /** Of a varint; 0 otherwise. */
  readonly int: bigint;
  /** Of what has a length; empty otherwise. */
  readonly bytes: Uint8Array;
  /** The field as it stands, tag and all. */
  readonly whole: Uint8Array;
}

const NOTHING = new Uint8Array();
const VARINT_BYTES_MAX = 10;
const FIELD_MAX = 536_870_911;

export class NotProto extends Error {}

/** A number and where what follows it begins. */
function varint(bytes: Uint8Array, from: number): [value: bigint, next: number] {
  let value = 0n;
  for (let i = 0; i < VARINT_BYTES_MAX; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) throw new NotProto("it ends within a number");
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return [value, from + i + 1];
  }
  throw new NotProto("a number is too long");
}

/** The fields of a message. Throws `NotProto` where the bytes are none. */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const next = (): bigint => {
    const [value, after] = varint(bytes, at);
    at = after;
    return value;
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new NotProto("it ends within a field");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const start = at;
    const tag = next();
    const number = Number(tag >> 3n);
    if (number === 0 || number > FIELD_MAX) throw new NotProto("a field has no number");
    let int = 0n;
    let inside: Uint8Array = NOTHING;
    const wire = Number(tag & 7n);
    if (wire === 0) int = next();
    else if (wire === 1) take(8);
    else if (wire === 2) inside = take(Number(next()));
    else if (wire === 5) take(4);
    else throw new NotProto("a field of an unknown kind");
    yield { number, int, bytes: inside, whole: bytes.subarray(start, at) };
  }
}

const decoder = new TextDecoder();
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Whole numbers of a repeated field, packed or one by one. */
export function intsOf(fields: readonly Field[]): number[] {
  return fields.flatMap(({ int, bytes }) => (bytes.length === 0 ? [signed(int)] : packed(bytes)));
}

const signed = (int: bigint): number => Number(BigInt.asIntN(64, int));

function packed(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [value, next] = varint(bytes, at);
    found.push(signed(value));
    at = next;
  }
  return found;
}

/** A field that has a length, as bytes. */
export function lengthField(number: number, inside: Uint8Array): Uint8Array {
  return concat([varintBytes((number << 3) | 2), varintBytes(inside.length), inside]);
}

export const varintField = (number: number, value: number): Uint8Array =>
  concat([varintBytes(number << 3), varintBytes(value)]);

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
  return Uint8Array.from(bytes);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
