import { describe, expect, test } from "bun:test";
import { type Anomaly, classicAlert, type Headline, type Metrics } from "../../messages/index.ts";
import { filesIn, GOLDEN, hasShared, jsonLines } from "../../test-support/shared.ts";
import { stubSummary } from "../../text/stub-summary.ts";
import { isoOffset } from "../../text/time.ts";
import { METRICS_SETTINGS, metrics } from "../metrics/index.ts";
import { CLASSIC_SETTINGS, classic } from "./classic.ts";

type Row = [string, ...(string | number | null)[]];

const headline = (title: string, sentiment: number | null, ts_ms: number | null, id = title): Headline => ({
  kind: "headline",
  id,
  revision: 0,
  time: ts_ms === null ? "no time" : isoOffset(ts_ms),
  title,
  source: "test",
  url: null,
  sentiment,
  symbols: [],
});

describe.skipIf(!hasShared)("classic decisions equal the reference's", () => {
  const files = filesIn(`${GOLDEN}/anomalies`, ".jsonl.gz").filter((f) => !f.startsWith("stub-summary"));
  test("the vectors are there", () => expect(files.length).toBe(10));

  for (const file of files) {
    test(file, () => {
      const [head, ...rows] = jsonLines(`${GOLDEN}/anomalies/${file}`) as [
        { params: Record<string, number> },
        ...Row[],
      ];
      const window = metrics.init({
        ...METRICS_SETTINGS,
        late_tolerance_ms: Number(head.params.late_price_tolerance_sec) * 1_000,
        every_input: true,
      });
      const state = classic.init(CLASSIC_SETTINGS);
      const theirs: unknown[] = [];
      const ours: unknown[] = [];
      const actions: unknown[] = [];
      let suppressed = 0;
      for (const row of rows) {
        if (row[0] === "H") {
          const [, , title, sentiment, ts_ms] = row;
          classic.step(state, headline(String(title), sentiment as number, ts_ms as number | null), () => {});
        } else if (row[0] === "T") {
          const [, index, symbol, ts_ms, price, action] = row;
          const price_record = {
            kind: "price" as const,
            symbol: String(symbol),
            price: Number(price),
            time: isoOffset(Number(ts_ms)),
          };
          metrics.step(window, price_record, (out: Metrics) => {
            if (out.action !== action) actions.push({ index, ours: out.action, theirs: action });
            classic.step(state, out, (row: Anomaly) => ours.push({ index, alert: classicAlert(row) }));
          });
        } else if (row[0] === "D" && row[3 + 1] === "suppress_cooldown") suppressed++;
        else if (row[0] === "A") {
          const [, index, , alert, , summary] = row;
          theirs.push({ index, alert: { ...JSON.parse(String(alert)), summary } });
        }
      }
      expect(actions).toEqual([]);
      expect(ours).toEqual(theirs);
      expect(theirs.length).toBeGreaterThan(0);
      expect(state.suppressed).toBe(suppressed);
    });
  }

  test("the stub's text, to the letter", () => {
    const [, ...rows] = jsonLines(`${GOLDEN}/anomalies/stub-summary.jsonl.gz`) as [unknown, ...unknown[][]];
    expect(rows.length).toBeGreaterThan(50);
    for (const [symbol, window, ret, title, sentiment, text] of rows) {
      const move = { symbol: String(symbol), window: String(window), ret: Number(ret) };
      const news = { headline: title as string | null, sentiment: sentiment as number | null };
      expect(stubSummary({ ...move, ...news })).toBe(String(text));
    }
  });
});

test("a sentiment that comes later does not make an old headline the latest", () => {
  const state = classic.init(CLASSIC_SETTINGS);
  const say = (h: Headline): void => classic.step(state, h, () => {});
  say(headline("old", null, 1_000, "a"));
  say(headline("new", null, 2_000, "b"));
  say({ ...headline("old", 0.9, 1_000, "a"), revision: 1 });
  expect(state.headline?.title).toBe("new");
  say({ ...headline("new", -0.4, 2_000, "b"), revision: 1 });
  expect(state.headline?.sentiment).toBe(-0.4);
});
