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
