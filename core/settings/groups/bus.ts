import { PROFILE_NAMES } from "../../profiles/profile.ts";
import { flag, group, int, kind, list, oneOf, setting, text, url } from "../setting.ts";

const broker = kind("host:port", (value) => (/^[^\s:,/]+:\d{1,5}$/.test(value) ? value : undefined));
const topic = () =>
  kind("a topic name of letters, digits, dot, dash and underscore", (value) =>
    /^[A-Za-z0-9._-]{1,249}$/.test(value) && !/^\.+$/.test(value) ? value : undefined,
  );

export const bus = group({
  BUS: setting(oneOf(["embedded", "kafka", "nats", "redis"]), "embedded", "Where records travel"),
  BUS_FSYNC: setting(
    oneOf(["normal", "always"]),
    "normal",
    "always: acknowledged records also survive a power loss, at the price of speed",
  ),
  SPOOL_MAX_BYTES: setting(
    int({ min: 1_048_576, max: 1e13 }),
    "1073741824",
    "Disk the records of feeds may take while another bus than the embedded one is away",
  ),
  KAFKA_BROKERS: setting(list(broker, { min: 1 }), "localhost:9092", "Kafka brokers"),
  KAFKA_BROKERS_RAW: setting(list(broker, { min: 1 }), "localhost:9092", "Another name of KAFKA_BROKERS"),
  KAFKA_AUTO_OFFSET_RESET: setting(oneOf(["latest", "earliest"]), "latest", "Where a reader without a position begins"),
  REDIS_URL: setting(url(["redis", "rediss"]), "redis://localhost:6379/0", "Redis server, for BUS=redis"),
  REDIS_URI: setting(url(["redis", "rediss"]), "redis://localhost:6379/0", "Another name of REDIS_URL"),
  NATS_URL: setting(url(["nats", "tls", "ws", "wss"]), "nats://localhost:4222", "NATS server, for BUS=nats"),
  NATS_ENABLED: setting(flag(), "false", "Publish the records of the senpai profile on NATS"),
  USE_JETSTREAM: setting(flag(), "true", "JetStream rather than core NATS"),
});

export const profiles = group({
  PROFILES: setting(
    list(oneOf(PROFILE_NAMES), { max: PROFILE_NAMES.length }),
    "",
    "Topics of the source systems that are written too",
  ),
  PRICE_TOPIC: setting(topic(), "prices", "Prices (narrator profile)"),
  NEWS_TOPIC: setting(topic(), "news", "Headlines as they came (narrator profile)"),
  NEWS_ENRICHED_TOPIC: setting(topic(), "news-enriched", "Headlines with sentiment (narrator profile)"),
  ALERTS_TOPIC: setting(topic(), "alerts", "Classic alerts (narrator profile)"),
  SUMMARIES_TOPIC: setting(topic(), "summaries", "Requests for a summary (narrator profile)"),
  PRICE_DLQ_TOPIC: setting(topic(), "prices-deadletter", "Refused prices (narrator profile)"),
  NEWS_DLQ_TOPIC: setting(topic(), "news-deadletter", "Refused headlines (narrator profile)"),
  SUMMARIES_DLQ_TOPIC: setting(topic(), "summaries-deadletter", "Refused requests (narrator profile)"),
  PROCESSOR_CONSUMER_GROUP: setting(text(), "processor", "Consumer group of the price reader"),
  SUMMARY_CONSUMER_GROUP: setting(text(), "summary-sidecar", "Consumer group of the summary writer"),
  SENTIMENT_SIDECAR_GROUP: setting(text(), "sentiment-sidecar", "Consumer group of the sentiment reader"),
});
