/** Longer frames are not of the kinds this is for: they go the slow way. */
export const SCAN_BYTES_MAX = 1_024;
/** Reads of several bytes may reach past the end, by a literal's length: what stands there is 0, which is part of nothing. */
const MARGIN = 256;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const DIGITS_MAX = 16;
const ZEROS = 0x30303030;
const ABOVE_NINE = 0x06060606;
const HIGH_HALVES = 0xf0f0f0f0 | 0;
const FOUR_DIGITS = 0x33333333;

/** 10^0 … 10^22: all that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** One for all scanners, as constants are quicker than fields: a frame is read in one go. */
const memory = new ArrayBuffer(SCAN_BYTES_MAX + MARGIN);
const bytes = new Uint8Array(memory);
const room = bytes.subarray(0, SCAN_BYTES_MAX);
const view = new DataView(memory);
const encoder = new TextEncoder();
/** Beyond this there are zeros only. */
let dirty = 0;

/** A text to be found as it stands, made ready once. */
export class Literal {
  readonly length: number;
  readonly bytes: Uint8Array;
  /**
   * Its groups of eight as doubles, the last one overlapping the one before: two of them are equal only if their bytes
   * are, since no group of printable characters is a zero or no number.
   */
  readonly eights: Float64Array;
  /** The same of texts under eight bytes: their first and their last four. */
  readonly first: number;
  readonly last: number;

  constructor(text: string | Uint8Array) {
    this.bytes = typeof text === "string" ? encoder.encode(text) : text.slice();
    this.length = this.bytes.length;
    const own = new DataView(this.bytes.buffer);
    const whole = Math.floor(this.length / 8);
    const eights = Array.from({ length: whole }, (_, i) => own.getFloat64(i * 8, true));
    if (this.length % 8 !== 0 && whole > 0) eights.push(own.getFloat64(this.length - 8, true));
    this.eights = Float64Array.from(eights);
    this.first = this.length < 4 ? 0 : own.getInt32(0, true);
    this.last = this.length < 4 ? 0 : own.getInt32(this.length - 4, true);
  }
}

/** Whether the text stands there. Beyond the frame there are zeros, more of them than a literal has bytes. */
function stands({ length, eights, first, last, bytes: expected }: Literal, at: number): boolean {
  if (length >= 8) {
    const end = eights.length - 1;
    for (let i = 0; i < end; i++) if (view.getFloat64(at + i * 8, true) !== eights[i]) return false;
    return view.getFloat64(at + length - 8, true) === eights[end];
  }
  if (length >= 4) return view.getInt32(at, true) === first && view.getInt32(at + length - 4, true) === last;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}

/**
 * Reads a frame whose form is known from the front, byte by byte or four at once. It accepts nothing that JSON would
 * not: whoever gets `false`, −1 or NaN goes the slow way, which decides.
 */
export class Scanner {
  readonly bytes = bytes;
  at = 0;
  end = 0;
  /** Of the last `name`: where it began, and a number made of its bytes. */
  nameFrom = 0;
  nameHash = 0;

  /** False: it is too long to be looked at. */
  load(frame: Uint8Array | string): boolean {
    let length = frame.length;
    if (length > SCAN_BYTES_MAX) return false;
    if (typeof frame === "string") {
      const { read, written } = encoder.encodeInto(frame, room);
      if (read !== length) return false;
      length = written;
    } else {
      bytes.set(frame);
    }
    if (length < dirty) bytes.fill(0, length, dirty);
    dirty = length;
    this.at = 0;
    this.end = length;
    return true;
  }

  get isAtEnd(): boolean {
    return this.at === this.end;
  }

  /** Steps over the text if it stands here. */
  skip(literal: Literal): boolean {
    if (!stands(literal, this.at)) return false;
    this.at += literal.length;
    return true;
  }

  /** Four bytes of the frame, wherever they stand. */
  word(at: number): number {
    return view.getInt32(at, true);
  }

  /** As `name`, for a text that nobody asks for. */
  text(): boolean {
    const { end } = this;
    for (let at = this.at; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at;
        return true;
      }
      if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return false;
    }
    return false;
  }

  /** Steps over the inside of a text up to its closing quote: printable ASCII with nothing escaped. */
  name(): boolean {
    const { end } = this;
    let hash = 0;
    let at = this.at;
    this.nameFrom = at;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at;
        this.nameHash = hash;
        return true;
      }
      if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return false;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    return false;
  }

  /** The last name as a text. */
  nameText(): string {
    return String.fromCharCode(...bytes.subarray(this.nameFrom, this.at));
  }

  /** A whole number without sign, at most 2^53 − 1, written as JSON wants it; −1 when none stands here. */
  whole(): number {
    const from = this.at;
    const value = this.digits(0);
    const length = this.at - from;
    if (length === 0 || length > DIGITS_MAX || value > Number.MAX_SAFE_INTEGER) return -1;
    if (length > 1 && bytes[from] === ZERO) return -1;
    return value;
  }

  /** Epoch milliseconds of 13 digits, from 2001 to 2286; −1 when none stand here. */
  time(): number {
    const { at } = this;
    const first = fourDigits(view.getInt32(at, true));
    const second = fourDigits(view.getInt32(at + 4, true));
    const third = fourDigits(view.getInt32(at + 8, true));
    const last = bytes[at + 12]! - ZERO;
    const after = bytes[at + 13]!;
    if (first < 1_000 || second < 0 || third < 0 || last < 0 || last > 9) return -1;
    if (after >= ZERO && after <= NINE) return -1;
    this.at = at + 13;
    return (first * 10_000 + second) * 100_000 + third * 10 + last;
  }

  /**
   * A decimal number without sign and exponent, the double `Number` makes of the same text; NaN when none stands here or
   * it has more digits than can be done exactly: both the digits and the power of ten are exact doubles, so their
   * quotient is rounded once.
   */
  decimal(): number {
    const from = this.at;
    let value = this.digits(0);
    const wholeDigits = this.at - from;
    if (wholeDigits === 0 || (wholeDigits > 1 && bytes[from] === ZERO)) return Number.NaN;
    let decimals = 0;
    if (bytes[this.at] === DOT) {
      this.at++;
      const fraction = this.at;
      value = this.digits(value);
      decimals = this.at - fraction;
      if (decimals === 0) return Number.NaN;
    }
    if (wholeDigits + decimals > DIGITS_MAX || value > Number.MAX_SAFE_INTEGER) return Number.NaN;
    return value / POWERS[decimals]!;
  }

  /** All digits that stand here, as the continuation of a number; more than 16 of them may be rounded. */
  private digits(start: number): number {
    let value = start;
    let at = this.at;
    // Beyond the frame there are zeros, which are no digits.
    for (;;) {
      const four = fourDigits(view.getInt32(at, true));
      if (four < 0) break;
      value = value * 10_000 + four;
      at += 4;
    }
    for (;;) {
      const byte = bytes[at]!;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
      at++;
    }
    this.at = at;
    return value;
  }
}

/** The number that four bytes spell, the first one lowest; −1 when they are not all digits. */
function fourDigits(word: number): number {
  if (((word & HIGH_HALVES) | (((word + ABOVE_NINE) & HIGH_HALVES) >>> 4)) !== FOUR_DIGITS) return -1;
  const digits = word - ZEROS;
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}
