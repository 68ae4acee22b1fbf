import { expect, test } from "bun:test";
import fc from "fast-check";
import { eventId, isoMicros } from "../../../core/messages/trade.ts";
import { isoTime } from "./iso-time.ts";
import { tradeOf } from "./records.ts";

const context = { provider: "venue", symbolOf: (symbol: string) => symbol };
const parts = { symbol: "X", recv_ms: null, price: 1, size: 1, side: null, trade_id: "7", seq: 7, key: "7" };

test("the venue's text of a time gives the id that the time itself gives, however many decimals it has", () => {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 9 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 4_000_000_000_000 }),
      digits,
      fc.constantFrom("Z", "+00:00"),
      (ms, f, zone) => {
        const iso = `${isoMicros(ms).slice(0, 19)}${f.length === 0 ? "" : `.${f.join("")}`}${zone}`;
        const ts_ms = isoTime(iso);
        fc.pre(ts_ms > 0);
        expect(tradeOf(context, { ...parts, ts_ms, iso }).event_id).toBe(eventId("venue", "X", ts_ms, "7"));
      },
    ),
  );
});

test("a trade of REST says no receive time, one of a recording where it is from", () => {
  expect("recv_ms" in tradeOf(context, { ...parts, ts_ms: 1 })).toBe(false);
  expect(tradeOf(context, { ...parts, ts_ms: 1, recv_ms: 5 })).toMatchObject({ recv_ms: 5, origin: "live" });
  expect(tradeOf({ ...context, origin: "replay" }, { ...parts, ts_ms: 1 }).origin).toBe("replay");
});
