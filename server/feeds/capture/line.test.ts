import { expect, test } from "bun:test";
import { Brackets, type CaptureLine, captureLine } from "./line.ts";

const frame = (text: string, recv_ms: number | null, isMarked = false): CaptureLine => ({
  kind: "frame",
  text,
  recv_ms,
  isMarked,
});

test("times of any unit, to the microsecond", () => {
  expect(captureLine("1633998512.0633569: {}")).toEqual(frame("{}", 1_633_998_512_063.357));
  expect(captureLine("1633998512 []")).toEqual(frame("[]", 1_633_998_512_000));
  expect(captureLine("1723161254087: {}")).toEqual(frame("{}", 1_723_161_254_087));
  expect(captureLine("1723161254087891 {}")).toEqual(frame("{}", 1_723_161_254_087.891));
  expect(captureLine("1723161254087891268 {}")).toEqual(frame("{}", 1_723_161_254_087.891));
  expect(captureLine("\t{} \r")).toEqual(frame("{}", null));
});

test("what is said about the connection", () => {
  for (const line of ["wss://x/y <- 1.5: {}", "https://x -> 1", '> {"a":1}', "<1 {}", "WSS://x"])
    expect(captureLine(line)).toEqual({ kind: "control", text: line.trim() });
});

test("frames over several lines begin after =, and only there", () => {
  expect(captureLine('= {"a":1}')).toEqual(frame('{"a":1}', null, true));
  expect(captureLine("=2 [1]")).toEqual(frame("[1]", null, true));
  expect(captureLine("=")).toEqual({ kind: "begin", text: "" });
  expect(captureLine('= {"a":')).toEqual({ kind: "begin", text: '{"a":' });
  expect(captureLine('= {"a":"}')).toEqual({ kind: "begin", text: '{"a":"}' });
  expect(captureLine('{"a":')).toEqual(frame('{"a":', null));
});

test("examples noted with the page they are from", () => {
  expect(captureLine('{"doc": "trade", "msg": [{"T": "t"}]}')).toEqual(frame('[{"T":"t"}]', null));
  for (const line of ['{"doc":"x"}', '{"doc":1,"msg":2}', '{"doc":"x","msg":1,"e":2}', '{"doc":'])
    expect(captureLine(line)).toEqual(frame(line, null));
});

test("anything else is bad, and says so", () => {
  for (const line of ["x", "12 {}", "1700000000 x", "170000000000000000000 {}", "null", "-1700000000 {}"])
    expect(captureLine(line)).toMatchObject({ kind: "bad" });
});

test("brackets, cut anywhere", () => {
  const text = '{"a":["}\\"]",{"b":"\\\\"}]}';
  for (let cut = 0; cut <= text.length; cut++) {
    const brackets = new Brackets();
    brackets.add(text.slice(0, cut));
    expect(brackets.areClosed).toBe(cut === text.length);
    brackets.add(text.slice(cut));
    expect(brackets.areClosed).toBe(true);
  }
});
