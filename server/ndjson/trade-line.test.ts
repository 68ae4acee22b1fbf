import { expect, test } from "bun:test";
import { eventId, type Trade } from "../../core/messages/trade.ts";
import { mutants } from "../feeds/test-support/mutants.ts";
import { BadLine, MarketReader } from "./market-line.ts";
import { TradeLines } from "./trade-line.ts";

const encoder = new TextEncoder();
const TS_MS = 1_723_161_255_342;
const trade: Trade = {
  ...{
    ver: 1,
    kind: "trade",
    origin: "replay",
    provider: "binance",
    symbol: "BTCUSDT",
    ts_ms: TS_MS,
    recv_ms: TS_MS + 5,
  },
  ...{ price: 61_837.63, size: 0.02, side: "sell", trade_id: "3735683259", seq: 3_735_683_259 },
  event_id: eventId("binance", "BTCUSDT", TS_MS, 3_735_683_259),
};
const { recv_ms: _, ...unreceived } = trade;
const FORMS = [
  trade,
  { ...unreceived, recv_ms: TS_MS + 0.125 },
  unreceived,
  { ...trade, provider: "bybit", side: "buy", trade_id: "a1c5-77", seq: 12, event_id: "bybit|x|y" },
  { ...trade, side: null, trade_id: null, symbol: "BTC-USD", ts_ms: TS_MS + 0.75, size: 0 },
].map((record) => JSON.stringify(record));

/** As the plain reader has it; null where it is no trade. */
function plainly(text: string): Trade | null {
  try {
    return new MarketReader(new Set(["trade"])).record(JSON.parse(text)) as Trade | null;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError || cause instanceof BadLine) return null;
    throw cause;
  }
}

function quickly(lines: TradeLines, text: string | Uint8Array): Trade | null {
  const isRead = lines.read(typeof text === "string" ? encoder.encode(text) : text);
  return isRead ? lines.record() : null;
}

function reader(): TradeLines {
  const lines = new TradeLines();
  for (const form of FORMS) lines.learn(plainly(form)!);
  return lines;
}

test("each form is read, and is to the byte what the plain reader makes of it", () => {
  const lines = reader();
  for (const form of FORMS) {
    for (let i = 0; i < 2; i++) expect(JSON.stringify(quickly(lines, form))).toBe(JSON.stringify(plainly(form)));
  }
});

test("an id that counts up is told from one that does not", () => {
  const lines = reader();
  expect(FORMS.map((form) => lines.read(encoder.encode(form)) && lines.countsUp)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  const padded = FORMS[0]!.replace('"trade_id":"', '"trade_id":"0');
  expect([quickly(lines, padded)?.trade_id, lines.countsUp]).toEqual(["03735683259", false]);
});

test("of 100 000 lines with something changed it accepts none that the plain reader refuses or reads otherwise", () => {
  const lines = reader();
  const decoder = new TextDecoder();
  let accepted = 0;
  for (const line of mutants(100_000, 3, FORMS)) {
    const read = quickly(lines, line);
    if (read === null) continue;
    accepted++;
    const text = decoder.decode(line);
    expect([text, JSON.stringify(read)]).toEqual([text, JSON.stringify(plainly(text))]);
  }
  expect(accepted).toBeGreaterThan(5_000);
  expect(accepted).toBeLessThan(60_000);
});

test("what is unusual is left to the plain reader", () => {
  const lines = reader();
  const [line] = FORMS as [string];
  const unusual = {
    space: line.replace(",", ", "),
    "another order": JSON.stringify({ ...unreceived, ver: 1, origin: undefined }),
    "a provider that was not there": line.replace("binance", "kraken"),
    "price as a text": line.replace("61837.63", '"61837.63"'),
    "price 0": line.replace("61837.63", "0"),
    "price too high": line.replace("61837.63", "1000000000000001"),
    "price too long": line.replace("61837.63", "108.28999999999999"),
    exponent: line.replace("0.02", "2e-7"),
    negative: line.replace("0.02", "-1"),
    "no symbol of ours": line.replace("BTCUSDT", "BTC USDT"),
    "time out of bounds": line.replace(String(TS_MS), "8640000000000001"),
    "an id too long": line.replace('"3735683259"', `"${"7".repeat(129)}"`),
    "an event id too long": line.replace('"event_id":"', `"event_id":"${"7".repeat(300)}`),
    "no event id": line.replace(/"event_id":"[^"]*"/, '"event_id":""'),
    "escaped in an id": line.replace('"3735683259"', '"\\u0033735683259"'),
    "a fill": `${line.slice(0, -1)},"fill":"gap"}`,
    "two receive times": `${line.slice(0, -1)},"recv_ms":1}`,
    "more after it": `${line} `,
    "one bracket too few": line.slice(0, -1),
    empty: "",
  };
  for (const [name, text] of Object.entries(unusual)) {
    expect([name, text === line]).toEqual([name, false]);
    expect([name, quickly(lines, text)]).toEqual([name, null]);
  }
});

test("nothing is read of a provider before the plain reader has; many providers, and it begins anew", () => {
  const lines = new TradeLines();
  const of = (i: number): Trade => ({ ...trade, provider: `p${i}` });
  const read = (i: number) => quickly(lines, JSON.stringify(of(i)));
  for (let i = 0; i < 100; i++) {
    expect(read(i)).toBeNull();
    lines.learn(of(i));
    expect(read(i)).toEqual(of(i));
  }
  expect(read(0)).toBeNull();
});
