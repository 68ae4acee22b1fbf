import { describe, expect, test } from "bun:test";
import { readText } from "../../../core/test-support/shared.ts";
import { captured, hasCaptures, WS } from "../test-support/captures.ts";
import { examplesOf } from "../test-support/frames.ts";
import { CAPTURES, quickAsSlow } from "./test-support/frames.ts";

const encoder = new TextEncoder();

describe.skipIf(!hasCaptures)("every frame of every recording", () => {
  for (const name of CAPTURES) {
    test(name, () => {
      const quickly = { yes: 0, no: 0 };
      for (const { text, recv_ms } of captured(name)) {
        const isFrequent = /@(?:trade|bookTicker)"/.test(text);
        // The receive time as a connection has it: whole milliseconds.
        const isQuick = quickAsSlow(encoder.encode(text), Math.floor(recv_ms));
        quickAsSlow(encoder.encode(text), recv_ms);
        quickly[isQuick ? "yes" : "no"]++;
        if (isQuick !== isFrequent) throw new Error(`${isQuick ? "read" : "not read"} quickly: ${text}`);
      }
      expect(quickly.yes).toBeGreaterThan(0);
    }, 30_000);
  }

  test("message examples", () => {
    const lines = readText(`${WS}/message-examples/binance/vendor_doc_examples.jsonl`).trim().split("\n");
    const examples = examplesOf("binance").filter(({ kind }) => kind !== "jsonl");
    expect(Math.min(lines.length, examples.length)).toBeGreaterThan(20);
    // Also without the white space that the examples have, which is how they come over the wire.
    for (const text of [...examples.map((example) => example.text), ...lines]) {
      quickAsSlow(text);
      quickAsSlow(text.replace(/\s+/g, ""));
    }
  });
});
