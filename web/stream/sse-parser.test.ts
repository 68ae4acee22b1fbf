import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { makeSseParser, type SseBounds, type SseEvent } from "./sse-parser.ts";

function read(chunks: readonly string[], bounds?: SseBounds): { events: SseEvent[]; broken: string | null } {
  const events: SseEvent[] = [];
  const parser = makeSseParser((event) => events.push(event), bounds);
  let broken: string | null = null;
  for (const chunk of chunks) broken = parser.push(chunk) ?? broken;
  return { events, broken };
}

const STREAM =
  'id: a1\nevent: bar\ndata: {"x":1}\n\n: comment\r\ndata: one\r\ndata:two\r\n\r\nid: a2\revent: status\rdata\r\r';
const EVENTS: SseEvent[] = [
  { event: "bar", data: '{"x":1}', id: "a1" },
  { event: "message", data: "one\ntwo", id: "a1" },
  { event: "status", data: "", id: "a2" },
];

describe("SSE parser", () => {
  test("reads all three line ends, comments, several data lines and the default event", () => {
    expect(read([STREAM]).events).toEqual(EVENTS);
  });

  test("any cut of the text gives the same events", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const chunks = at.slice(1).map((end, i) => STREAM.slice(at[i], end));
        expect(read(chunks).events).toEqual(EVENTS);
      }),
    );
  });

  test("an event that the connection cut off is never told", () => {
    expect(read(["data: whole\n\ndata: half\n"]).events.map((event) => event.data)).toEqual(["whole"]);
  });

  test("an event without data is no event, but its id counts", () => {
    expect(read(["id: 7\nevent: bar\n\n", "data: x\n\n"]).events).toEqual([{ event: "message", data: "x", id: "7" }]);
  });

  test("a leading byte order mark is skipped, once", () => {
    expect(read(["\uFEFFdata: x\n\n"]).events.map((event) => event.data)).toEqual(["x"]);
  });

  test("ids with NUL or beyond the bound are ignored", () => {
    const bounds = { eventMax: 100, idMax: 4 };
    const { events } = read(["id: ok\ndata: 1\n\n", "id: a\0b\ndata: 2\n\n", "id: toolong\ndata: 3\n\n"], bounds);
    expect(events.map((event) => event.id)).toEqual(["ok", "ok", "ok"]);
  });

  test("a line without end is given up at the bound", () => {
    const bounds = { eventMax: 100, idMax: 4 };
    expect(read(["data: ", "x".repeat(90)], bounds).broken).toBeNull();
    expect(read(["data: ", "x".repeat(200)], bounds).broken).toContain("line longer than 100");
  });

  test("an event without end is given up at the bound", () => {
    const lines = Array.from({ length: 30 }, () => "data: 0123456789\n");
    expect(read(lines, { eventMax: 100, idMax: 4 }).broken).toContain("event larger than 100");
  });
});
