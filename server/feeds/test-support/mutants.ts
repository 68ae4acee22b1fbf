import { randomOf } from "../../../core/test-support/random.ts";

const encoder = new TextEncoder();

/** Frames with one to three bytes changed, left out, put in, or pieces moved; the same for the same seed. */
export function* mutants(count: number, seed: number, from: readonly string[]): Generator<Uint8Array> {
  const uniform = randomOf(seed);
  const random = (below: number): number => Math.floor(uniform() * below);
  const sources = from.map((text) => encoder.encode(text));
  const likely = encoder.encode('0123456789."{}[],:-+eE \\truefalsnTMX\u0000\u001f\u007f');
  const byte = (): number => (random(8) === 0 ? random(256) : likely[random(likely.length)]!);
  for (let i = 0; i < count; i++) {
    let bytes = sources[random(sources.length)]!.slice();
    for (let change = 0; change <= random(3); change++) {
      const at = random(bytes.length);
      const how = random(10);
      if (how < 5) bytes[at] = byte();
      else if (how < 7) bytes = joined(bytes.subarray(0, at), Uint8Array.of(byte()), bytes.subarray(at));
      else if (how < 9) bytes = joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random(3)));
      else bytes = joined(bytes.subarray(0, at), bytes.subarray(random(bytes.length)));
      if (bytes.length === 0) bytes = Uint8Array.of(byte());
    }
    yield bytes;
  }
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
