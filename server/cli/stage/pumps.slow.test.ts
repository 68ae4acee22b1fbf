import { describe, expect, test } from "bun:test";
import type { Alert } from "../../../core/messages/index.ts";
import { hasPumps, labelledPumps } from "../../../core/test-support/pump-dump.ts";
import { call } from "../test-support/call.ts";

/** Through the command line: lines in, alerts out, with the gate. */
describe.skipIf(!hasPumps)("labelled pumps, from files", () => {
  for (const [event, trades] of labelledPumps())
    test(`${event.file}${event.visible ? "" : " (nothing to see)"}`, async () => {
      const stdin = trades.map((trade) => `${JSON.stringify(trade)}\n`);
      const { code, records, err } = await call(["stage", "anomalies"], { stdin });
      const said = records as unknown as Alert[];
      const before = event.announced_ms - 60_000;
      const found = said.find(
        (alert) =>
          alert.severity !== "notice" &&
          alert.direction === "up" &&
          alert.updated_ms >= before &&
          alert.suppressed === undefined,
      );
      expect([code, err.includes("could not be used")]).toEqual([0, false]);
      for (const alert of said) expect(alert.revision % 2).toBe(0);
      if (event.visible) expect(found?.updated_ms ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(event.peak_ms);
    }, 60_000);
});
