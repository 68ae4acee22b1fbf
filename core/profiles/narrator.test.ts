import { describe, expect, test } from "bun:test";
import type { Anomaly, DeadLetter, Headline, PriceRecord } from "../messages/index.ts";
import { CLASSIC_SETTINGS, classic } from "../stages/anomalies/classic.ts";
import { METRICS_SETTINGS, metrics } from "../stages/metrics/index.ts";
import { filesIn, GOLDEN, hasShared, jsonLines, readText, SHARED } from "../test-support/shared.ts";
import { isoOffset } from "../text/time.ts";
import { narrator as narratorOf } from "./narrator.ts";
import type { Written } from "./profile.ts";

const narrator = narratorOf({
  prices: "prices",
  pricesDeadLetter: "prices-deadletter",
  news: "news",
  newsEnriched: "news-enriched",
  alerts: "alerts",
  summaries: "summaries",
});

const payload = (out: Written): Record<string, unknown> => JSON.parse(out.text);
const only = (all: readonly Written[]): Written => {
  expect(all).toHaveLength(1);
  return all[0]!;
};

const anomaly: Anomaly = {
  kind: "anomaly",
  origin: "live",
  event_id: "2025-01-02T03:04:05+00:00:BTCUSDT:1m",
  revision: 0,
  time: "2025-01-02T03:04:05+00:00",
  symbol: "BTCUSDT",
  window_name: "1m",
  direction: "up",
  return_value: 0.061,
  threshold: 0.05,
  headline: null,
  sentiment: null,
  summary: "BTCUSDT moved 6.10% up over 1m. No fresh headlines. Sentiment neutral.",
};
const headline: Headline = {
  kind: "headline",
  origin: "live",
  id: "h1",
  revision: 0,
  time: "2025-01-02T03:00:00Z",
  title: "Bitcoin climbs",
  source: "wire",
  url: null,
  sentiment: 0.5,
  symbols: ["BTCUSDT"],
};
test("a price, and its time as that system spells it", () => {
  const out = only(
    narrator.write(
      { kind: "price", origin: "live", symbol: "A", price: 2, time: "2025-01-02T03:04:05.250Z" } as PriceRecord,
      0,
    ),
  );
  expect(out.topic).toBe("prices");
  expect(payload(out)).toEqual({ symbol: "A", price: 2, time: "2025-01-02T03:04:05.250000+00:00" });
});

test("a decision is an alert and asks for a summary; with its summary it is an alert again", () => {
  const [alert, request] = narrator.write(anomaly, 0);
  expect([alert?.topic, request?.topic]).toEqual(["alerts", "summaries"]);
  const { summary, ...asked } = payload(alert!);
  expect(summary).toBe(anomaly.summary);
  expect(payload(request!)).toEqual(asked);
  expect(payload(alert!)).not.toHaveProperty("origin");
  expect(payload(only(narrator.write({ ...anomaly, revision: 1, summary: "A model's" } as Anomaly, 0)))).toMatchObject({
    summary: "A model's",
  });
});

test("a headline goes to news as it came, and to news-enriched with what a model read in it", () => {
  const plain = only(narrator.write(headline, 0));
  expect(plain.topic).toBe("news");
  expect(payload(plain)).toEqual({
    time: "2025-01-02T03:00:00+00:00",
    title: "Bitcoin climbs",
    source: "wire",
    url: null,
    sentiment: 0.5,
  });
  const read = { ...headline, revision: 1, sentiment: 0.9, label: "positive", confidence: 0.97 };
  const enriched = only(narrator.write(read, 0));
  expect(enriched.topic).toBe("news-enriched");
  expect(payload(enriched)).toMatchObject({ sentiment: 0.9, label: "positive", confidence: 0.97 });
});

test("a refused price keeps its payload; what was good but late is no bad price", () => {
  const letter = {
    kind: "dead_letter",
    id: "i",
    where: "ingest",
    reason: "price",
    detail: "",
    symbol: null,
    ts_ms: 1,
  };
  const text = (raw: string, more: object = {}) =>
    narrator.write({ ...letter, raw, ...more } as DeadLetter, 0).map((out) => out.text);
  expect(text('{"p":"NaN",  "big":12345678901234567890}')).toEqual(['{"p":"NaN",  "big":12345678901234567890}']);
  expect(text("{half\na frame")).toEqual([JSON.stringify("{half\na frame")]);
  expect(text("")).toEqual([]);
  expect(text("{}", { where: "bars", reason: "invalid" })).toEqual(["{}"]);
  expect(text("{}", { where: "bars", reason: "late" })).toEqual([]);
  expect(text("{}", { where: "persist", reason: "schema" })).toEqual([]);
});

test.skipIf(!hasShared)("every field the system's text promises is there", () => {
  const promised = new Map<string, string[]>();
  const [file] = filesIn(`${SHARED}/seeds`, ".txt").filter((name) => name.startsWith("000"));
  for (const [, topic, required] of readText(`${SHARED}/seeds/${file}`).matchAll(
    /^- `([a-z-]+)`(?: \([a-z -]+\))?: ([^(\n]*)/gm,
  )) {
    promised.set(
      topic!,
      [...required!.matchAll(/`(\w+)`/g)].map((match) => match[1]!),
    );
  }
  const price = { kind: "price", symbol: "A", price: 2, time: "2025-01-02T03:04:05Z" } as PriceRecord;
  const all = [price, anomaly, headline].flatMap((record) => narrator.write(record, 0));
  const checked = all.map(({ topic, text }) => {
    expect(promised.get(topic)?.length).toBeGreaterThan(2);
    expect(Object.keys(JSON.parse(text))).toContainEqual(expect.any(String));
    for (const field of promised.get(topic) ?? []) expect(JSON.parse(text)).toHaveProperty(field);
    return topic;
  });
  expect(checked).toEqual(["prices", "alerts", "summaries", "news"]);
});

describe.skipIf(!hasShared)("alerts and requests equal the reference's", () => {
  type Row = [string, ...(string | number | null)[]];
  for (const file of filesIn(`${GOLDEN}/anomalies`, ".jsonl.gz").filter((name) => !name.startsWith("stub"))) {
    test(file, () => {
      const [head, ...rows] = jsonLines(`${GOLDEN}/anomalies/${file}`) as [
        { params: Record<string, number> },
        ...Row[],
      ];
      const late_ms = Number(head.params.late_price_tolerance_sec) * 1_000;
      const window = metrics.init({ ...METRICS_SETTINGS, late_tolerance_ms: late_ms });
      const state = classic.init(CLASSIC_SETTINGS);
      const ours: unknown[] = [];
      const theirs: unknown[] = [];
      for (const [what, ...row] of rows) {
        if (what === "H") {
          const [index, title, sentiment, ts_ms] = row;
          const time = ts_ms === null ? "no time" : isoOffset(Number(ts_ms));
          classic.step(
            state,
            { ...headline, id: `${index}`, title: `${title}`, sentiment: sentiment as number, time },
            () => {},
          );
        } else if (what === "T") {
          const [, symbol, ts_ms, price] = row;
          const sampled = {
            kind: "price" as const,
            symbol: `${symbol}`,
            price: Number(price),
            time: isoOffset(Number(ts_ms)),
          };
          metrics.step(window, sampled, (out) =>
            classic.step(state, out, (decision) => ours.push(...narrator.write(decision, 0).map(payload))),
          );
        } else if (what === "A") {
          const [, , alert, request, summary] = row;
          theirs.push({ ...JSON.parse(`${alert}`), summary }, JSON.parse(`${request}`));
        }
      }
      expect(ours).toEqual(theirs);
    });
  }
});
