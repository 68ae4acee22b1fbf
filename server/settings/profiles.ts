import type { NarratorTopics } from "../../core/profiles/index.ts";
import type { Settings } from "../../core/settings/index.ts";

/** The narrator's topics as they are called here. */
export const narratorTopics = (settings: Settings): NarratorTopics => ({
  prices: settings.PRICE_TOPIC,
  pricesDeadLetter: settings.PRICE_DLQ_TOPIC,
  news: settings.NEWS_TOPIC,
  newsEnriched: settings.NEWS_ENRICHED_TOPIC,
  alerts: settings.ALERTS_TOPIC,
  summaries: settings.SUMMARIES_TOPIC,
});
