import { expect, test } from "bun:test";
import { Scanner } from "./scanner.ts";
import { Streams } from "./streams.ts";

const scanner = new Scanner();
const load = (name: string, rest = ""): number => {
  const head = `{"stream":"${name}","data":{"u":`;
  expect(scanner.load(`${head}${rest}`)).toBe(true);
  return head.length;
};

test("a stream is known by all bytes of its head, and what follows is read from behind it", () => {
  const streams = new Streams<string>();
  const length = load("btcusdt@bookTicker", "7");
  expect(streams.find(scanner)).toBeNull();
  expect(scanner.at).toBe(0);
  streams.learn(scanner, length, () => "BTC");
  load("btcusdt@bookTicker", "123");
  expect(streams.find(scanner)).toBe("BTC");
  expect(scanner.whole()).toBe(123);
  // The same first twelve bytes of the name.
  load("btcusdt@bookTicket", "7");
  expect(streams.find(scanner)).toBeNull();
  expect(scanner.load("{}")).toBe(true);
  expect(streams.find(scanner)).toBeNull();
});

test("of two streams that share a place the first keeps it; the other is read as if it were new each time", () => {
  const streams = new Streams<string>();
  for (const name of ["btcusdt@trade", "btcusdt@tradx"]) streams.learn(scanner, load(name), () => name);
  load("btcusdt@trade");
  expect(streams.find(scanner)).toBe("btcusdt@trade");
  load("btcusdt@tradx");
  expect(streams.find(scanner)).toBeNull();
});

test("what is learned of a stream later counts", () => {
  const streams = new Streams<string>();
  for (const value of ["first", "second"]) streams.learn(scanner, load("btcusdt@trade"), () => value);
  load("btcusdt@trade");
  expect(streams.find(scanner)).toBe("second");
});

test("many streams: each is found, or it is not known, and never another one", () => {
  const streams = new Streams<string>();
  const names = Array.from({ length: 1_000 }, (_, i) => `${i.toString(36)}coin${i * 7}usdt@trade`);
  for (const name of names) streams.learn(scanner, load(name), () => name);
  let found = 0;
  for (const name of names) {
    load(name);
    const value = streams.find(scanner);
    if (value !== null) found++;
    expect([null, name]).toContain(value);
  }
  expect(found).toBeGreaterThan(800);
});
