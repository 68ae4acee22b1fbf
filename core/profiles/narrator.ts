import { type Anomaly, classicAlert, type DeadLetter, type Headline, type PriceRecord } from "../messages/index.ts";
import { isoOffset, parseIso } from "../text/time.ts";
import { busyTopic, type Profile, rareTopic, type Written, written } from "./profile.ts";

export interface NarratorTopics {
  readonly prices: string;
  readonly pricesDeadLetter: string;
  readonly news: string;
  readonly newsEnriched: string;
  readonly alerts: string;
  readonly summaries: string;
}

/** The crypto anomaly processor: prices, headlines, the classic alerts and the requests for their summaries. */
export function narrator(topics: NarratorTopics): Profile {
  return {
    reads: ["prices", "anomalies", "headlines", "deadLetter"],
    topics: [
      busyTopic(topics.prices),
      ...[topics.pricesDeadLetter, topics.news, topics.newsEnriched, topics.alerts, topics.summaries].map(rareTopic),
    ],
    write(record) {
      switch (record.kind) {
        case "price":
          return [price(topics.prices, record as PriceRecord)];
        case "anomaly":
          return alerts(topics, record as Anomaly);
        case "headline":
          return [news(topics, record as Headline)];
        case "dead_letter":
          return badPrice(topics.pricesDeadLetter, record as DeadLetter);
        default:
          return [];
      }
    },
  };
}

const theirTime = (time: string): string => isoOffset(parseIso(time));

const price = (topic: string, { symbol, price, time }: PriceRecord): Written =>
  written(topic, symbol, { symbol, price, time: theirTime(time) });

/** A decision asks for a summary; the alert that came with one (an odd revision) does not ask again. */
function alerts({ alerts, summaries }: NarratorTopics, row: Anomaly): Written[] {
  const alert = classicAlert(row);
  const said = written(alerts, alert.symbol, alert);
  if (row.revision % 2 === 1) return [said];
  const { summary: _, ...request } = alert;
  return [said, written(summaries, alert.symbol, request)];
}

/** As it came, and once more when a model has read it: even revisions are the publisher's, odd ones the model's. */
function news({ news, newsEnriched }: NarratorTopics, headline: Headline): Written {
  const { id, revision, title, source, url, sentiment, label, confidence } = headline;
  const plain = { time: theirTime(headline.time), title, source, url, sentiment };
  return revision % 2 === 0
    ? written(news, id, plain)
    : written(newsEnriched, id, { ...plain, label: label ?? null, confidence: confidence ?? null });
}

/** Why a price never became one. Late ones are none of these: they were good. */
const BAD_PRICE: ReadonlySet<string> = new Set(["undecodable", "invalid", "schema"]);

/** The payload as it came. One that is no line of JSON goes as a text, so that a line of the topic is always a record. */
function badPrice(topic: string, { id, where, reason, raw }: DeadLetter): Written[] {
  const isPrice =
    where === "ingest" ? raw !== "" : BAD_PRICE.has(reason) && (where === "bars" || where === "aggregate");
  return isPrice ? [{ topic, subject: topic, key: id, text: isJsonLine(raw) ? raw : JSON.stringify(raw) }] : [];
}

function isJsonLine(raw: string): boolean {
  if (/[\r\n]/.test(raw)) return false;
  try {
    JSON.parse(raw);
    return true;
  } catch {
    return false;
  }
}
