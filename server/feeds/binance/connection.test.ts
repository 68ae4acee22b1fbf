import { describe, expect, test } from "bun:test";
import { contextOf, itemsOf } from "../test-support/frames.ts";
import type { Item } from "../venue.ts";
import { parse } from "./parse.ts";

const context = contextOf("binance", (symbol) => symbol);
const RECV_MS = 1_723_161_255_400;
const items = (frame: string): Item[] => itemsOf(parse, frame, context, RECV_MS);
const one = (frame: string): Item => {
  const all = items(frame);
  expect(all).toHaveLength(1);
  return all[0]!;
};

describe("the connection", () => {
  test("answers", () => {
    expect(one('{"result":null,"id":1}')).toEqual({ kind: "ack", id: "1", text: '{"result":null,"id":1}' });
    expect(one('{"result":["a@trade"],"id":"x"}')).toMatchObject({ kind: "ack", id: "x" });
    expect(one('{"error":{"code":2,"msg":"Invalid request"},"id":7}')).toEqual({
      kind: "refused",
      id: "7",
      symbols: [],
      text: "Invalid request",
    });
    expect(one('{"code":-1121,"msg":"Invalid symbol."}')).toMatchObject({
      kind: "refused",
      id: null,
      text: "Invalid symbol.",
    });
    expect(one('{"e":"serverShutdown","E":1770123456789}')).toMatchObject({ kind: "going_away" });
    expect(one('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}')).toMatchObject({
      kind: "going_away",
    });
  });

  test("anything else is unknown, and says why", () => {
    const cases: [string, string][] = [
      ["", "it is no JSON"],
      ["{", "it is no JSON"],
      ["\ufeff{}", "it is no JSON"],
      ["[".repeat(200_000), "it is no JSON"],
      ["null", "it is no object"],
      ["5", "it is no object"],
      ["[]", "it is no object"],
      ["{}", "it names no event"],
      ['{"e":5}', "its event is 5"],
      ['{"e":"toString"}', 'event "toString" is not used'],
      ['{"e":"__proto__"}', 'event "__proto__" is not used'],
      ['{"e":"aggTrade","s":"X"}', 'event "aggTrade" is not used'],
      ['{"stream":"x@kline_1m","data":{"e":"kline"}}', 'event "kline" is not used'],
      ['{"stream":"x"}', "it names no event"],
    ];
    for (const [text, why] of cases) expect(one(text)).toMatchObject({ kind: "unknown", why, text });
    expect(items("\u0000\ud800")).toMatchObject([{ kind: "unknown" }]);
  });
});
