/**
 * Counter-based randomness: the n-th number of a stream is computed directly from (key, n), so that any instant of the
 * synthetic market can be had without walking there.
 */

const TWO_32 = 4_294_967_296;

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return h ^ (h >>> 16);
}

/** A 32-bit key for one named stream of a seed. */
export function streamKey(seed: number, name: string): number {
  let h = mix((seed | 0) ^ mix(Math.floor(seed / TWO_32) + 1));
  for (let i = 0; i < name.length; i++) h = mix(Math.imul(h ^ name.charCodeAt(i), 0x01000193));
  return h;
}

/** 32 random bits; `n` counts modulo 2^32 and may be negative. */
export function bits(key: number, n: number): number {
  return mix(mix(Math.imul(n | 0, 0x9e3779b1) ^ key) + key) >>> 0;
}

/** Uniform in [0, 1). */
export function unit(key: number, n: number): number {
  return bits(key, n) / TWO_32;
}

/** Close to a normal deviate, bounded at ±3.47: the sum of four 16-bit uniforms. */
export function gauss(key: number, n: number): number {
  const a = bits(key, n);
  const b = bits(key ^ 0x5bd1e995, n);
  const sum = (a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16);
  return (sum / 65_535 - 2) * Math.sqrt(3);
}

/** Smooth noise in [0, 1] with one free value per whole `x`; its slope never exceeds 1.5. */
export function smoothNoise(key: number, x: number): number {
  const i = Math.floor(x);
  const f = x - i;
  const a = unit(key, i);
  return a + (unit(key, i + 1) - a) * f * f * (3 - 2 * f);
}
