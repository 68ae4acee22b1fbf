import type { z } from "zod";
import { bus, profiles } from "./groups/bus.ts";
import { bars, signals, windows } from "./groups/graph.ts";
import { ingest, market, replay } from "./groups/market.ts";
import { news, sentiment, summaries } from "./groups/news.ts";
import { server, store, tests } from "./groups/server.ts";
import { warehouse } from "./groups/warehouse.ts";
import type { Streaming } from "./streaming.ts";

/** The groups in the order in which they are listed for people. */
export const GROUPS = {
  "The market": market,
  "Page, API and process": server,
  "The tape": bus,
  Store: store,
  Bars: bars,
  "Windows and alerts": windows,
  "Features and signals": signals,
  "Reconnecting and retrying": ingest,
  Replay: replay,
  News: news,
  Sentiment: sentiment,
  Summaries: summaries,
  Warehouse: warehouse,
  "Topics of the source systems": profiles,
  Development: tests,
} as const;

/** Every setting, declared once. */
export const SETTINGS = {
  ...market,
  ...server,
  ...bus,
  ...store,
  ...bars,
  ...windows,
  ...signals,
  ...ingest,
  ...replay,
  ...news,
  ...sentiment,
  ...summaries,
  ...warehouse,
  ...profiles,
  ...tests,
} as const;

export type SettingName = keyof typeof SETTINGS;

type Values = { readonly [K in SettingName]: z.output<(typeof SETTINGS)[K]["schema"]> };

/** What every part is handed: plain data, so it crosses threads as it is. */
export interface Settings extends Values {
  /** Return that alerts, for each label of WINDOW_LABELS. */
  readonly alertThresholds: Readonly<Record<string, number>>;
  /** The sections of streaming.yaml that have no flat name. */
  readonly streaming: Streaming;
}

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);
