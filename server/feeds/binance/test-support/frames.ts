import type { Item, Parse, ParseContext } from "../../venue.ts";
import { quick } from "../parse.ts";
import { parseSlowly } from "../slow.ts";

export const context: ParseContext = { provider: "binance", symbolOf: (symbol) => symbol };
export const RECV_MS = 1_723_161_255_400;

export const CAPTURES = [
  "binance-spot/btcusdt_20240808.gz",
  "binance-usdm/ethusdt_20240808.gz",
  "cryptofeed/BINANCE.ws.1.0.gz",
];

/** Frames of each form the quick reader knows. */
export const FRAMES: readonly string[] = [
  '{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}',
  '{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":false,"M":true}',
  '{"stream":"ethusdt@trade","data":{"e":"trade","E":1723161256560,"T":1723161256560,"s":"ETHUSDT","t":4308068523,"p":"2681.62","q":"1.000","X":"MARKET","m":true}}',
  '{"e":"trade","E":1723161256560,"T":1723161256560,"s":"ETHUSDT","t":4308068523,"p":"2681.62","q":"1.000","X":"MARKET","m":false}',
  '{"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}}',
  '{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}',
  '{"stream":"ethusdt@bookTicker","data":{"e":"bookTicker","u":5123107838717,"s":"ETHUSDT","b":"2681.62","B":"1.165","a":"2681.63","A":"73.077","T":1723161256310,"E":1723161256311}}',
  '{"e":"bookTicker","u":5123107838717,"s":"ETHUSDT","b":"2681.62","B":"1.165","a":"2681.63","A":"73.077","T":1723161256310,"E":1723161256311}',
];

export function itemsBy(parse: Parse, frame: Uint8Array | string, recv_ms = RECV_MS): Item[] {
  const items: Item[] = [];
  parse(frame, recv_ms, context, (item) => items.push(item));
  return items;
}

/** Whether the quick reader took the frame; if it did, the slow one must have said exactly the same. */
export function quickAsSlow(frame: Uint8Array | string, recv_ms = RECV_MS): boolean {
  const item = quick(frame, recv_ms, context);
  if (item === null) return false;
  const expected = itemsBy(parseSlowly, frame, recv_ms);
  if (expected.length !== 1 || JSON.stringify(item) !== JSON.stringify(expected[0])) {
    const text = typeof frame === "string" ? frame : new TextDecoder().decode(frame);
    throw new Error(`${text}\nquick: ${JSON.stringify(item)}\nslow:  ${JSON.stringify(expected)}`);
  }
  return true;
}

const encoder = new TextEncoder();

/** Frames with one to three bytes changed, left out, put in, or pieces moved; the same for the same seed. */
export function* mutants(count: number, seed: number, from: readonly string[]): Generator<Uint8Array> {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
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
