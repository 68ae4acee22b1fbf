/**
 * Numbers of a market are whole numbers of something small (ticks, lots, milliseconds) and near one another, so a block
 * of them fits into two to six bytes each instead of eight, to the last bit. Plain data: a text of 16-bit units, which
 * JSON gives back as it was.
 */
export interface Packed {
  /** Each number is (base + what its units say) / scale. */
  readonly base: number;
  readonly scale: number;
  readonly units: number;
  readonly text: string;
}

const SCALES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
const UNIT = 65_536;
const UNITS_MAX = 3;

/** Whole numbers for `values` at this scale, in `whole`; false where one of them is none. */
function scaled(values: readonly number[], scale: number, whole: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const x = Math.round(values[i]! * scale);
    if (x / scale !== values[i] || !Number.isSafeInteger(x)) return false;
    // JSON knows no −0: it is 0 before as after.
    whole[i] = x + 0;
  }
  return true;
}

/** Null where they cannot be had back to the last bit, or would be no smaller. */
export function pack(values: readonly number[]): Packed | null {
  const whole = new Float64Array(values.length);
  const scale = SCALES.find((one) => scaled(values, one, whole));
  if (scale === undefined) return null;
  let base = whole[0]!;
  let top = base;
  for (let i = 1; i < whole.length; i++) {
    base = Math.min(base, whole[i]!);
    top = Math.max(top, whole[i]!);
  }
  let units = 1;
  while (top - base >= UNIT ** units) units++;
  if (units > UNITS_MAX) return null;
  const codes = new Uint16Array(whole.length * units);
  for (let i = 0; i < whole.length; i++) {
    let rest = whole[i]! - base;
    for (let unit = 0; unit < units; unit++) {
      codes[i * units + unit] = rest % UNIT;
      rest = Math.floor(rest / UNIT);
    }
  }
  return { base, scale, units, text: String.fromCharCode(...codes) };
}

export function unpackedAt(packed: Packed, i: number): number {
  const { text, units } = packed;
  if (units === 1) return (packed.base + text.charCodeAt(i)) / packed.scale;
  const at = i * units;
  let whole = text.charCodeAt(at) + UNIT * text.charCodeAt(at + 1);
  if (units === 3) whole += UNIT * UNIT * text.charCodeAt(at + 2);
  return (packed.base + whole) / packed.scale;
}

/** The numbers from place `from` up to `to`, that one not, into `out` from place `at` on. */
export function unpack(packed: Packed, from: number, to: number, out: Float64Array, at: number): void {
  const { base, scale, text, units } = packed;
  const shift = at - from;
  if (units === 1) for (let i = from; i < to; i++) out[i + shift] = (base + text.charCodeAt(i)) / scale;
  else for (let i = from; i < to; i++) out[i + shift] = unpackedAt(packed, i);
}
