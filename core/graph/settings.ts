import {
  ADAPTIVE_SETTINGS,
  type AdaptiveSettings,
  CLASSIC_SETTINGS,
  type ClassicSettings,
} from "../stages/anomalies/index.ts";
import { BARS_DEFAULTS, type BarsSettings } from "../stages/bars/settings.ts";
import { BOOKS_SETTINGS, type BooksSettings } from "../stages/books.ts";
import { DEDUPE_DEFAULTS, type DedupeSettings } from "../stages/dedupe.ts";
import { LATEST_SETTINGS, type LatestSettings } from "../stages/latest.ts";
import { METRICS_SETTINGS, type MetricsSettings } from "../stages/metrics/index.ts";
import { PRICE_SETTINGS, type PriceSettings } from "../stages/price.ts";
import { SIGNAL_PATH_DEFAULTS, type SignalPathSettings } from "./signals.ts";

/** All numbers the market graph depends on; part of the settings hash of a checkpoint. */
export interface GraphSettings extends BarsSettings, DedupeSettings, SignalPathSettings {
  /** ANOMALY_MODE: what the alerts of API and page are made of; the classic decisions are always kept beside. */
  readonly anomaly_mode: "adaptive" | "classic";
  readonly price: PriceSettings;
  readonly books: BooksSettings;
  readonly latest: LatestSettings;
  readonly metrics: MetricsSettings;
  readonly classic: ClassicSettings;
  readonly adaptive: AdaptiveSettings;
  /** The section micro_batch of a configuration, where it names a window: bars of that length by rules of their own. */
  readonly micro_batch: BarsSettings | null;
}

export const GRAPH_DEFAULTS: GraphSettings = {
  anomaly_mode: "adaptive",
  ...DEDUPE_DEFAULTS,
  ...BARS_DEFAULTS,
  price: PRICE_SETTINGS,
  books: BOOKS_SETTINGS,
  latest: LATEST_SETTINGS,
  metrics: METRICS_SETTINGS,
  classic: CLASSIC_SETTINGS,
  adaptive: ADAPTIVE_SETTINGS,
  micro_batch: null,
  ...SIGNAL_PATH_DEFAULTS,
};
