import type { GraphSettings } from "../../../core/graph/settings.ts";
import { modelSettings } from "../../../core/settings/streaming.ts";
import { gateSettings } from "../../settings/graph.ts";
import type { LoadedSettings } from "../../settings/load.ts";
import { rulesOf } from "../../settings/rules-file.ts";
import { signalsSettings } from "../../settings/signals.ts";
import type { Filter, Follow } from "./filter.ts";

export interface StageSpec {
  readonly does: string;
  /** Names that `--set` takes besides the settings. */
  readonly extras: readonly string[];
  make(settings: GraphSettings, loaded: LoadedSettings, cwd: string, follow?: Follow): Promise<Filter>;
}

/** The stages that run as filters. A new one joins by a line here and a file beside. */
export const STAGES: Readonly<Record<string, StageSpec>> = {
  bars: {
    does: "trades, quotes or bins → bars (--set INTERVAL=1m, a comma list; PRICE_SOURCE=auto|trade|mid|bid|ask)",
    extras: ["INTERVAL", "PRICE_SOURCE"],
    async make(settings, { extras: { INTERVAL, PRICE_SOURCE } }) {
      const { barsFilter, priceSource } = await import("./bars.ts");
      return barsFilter({
        ...settings,
        ...(INTERVAL === undefined ? {} : { intervals: INTERVAL.split(",") }),
        ...(PRICE_SOURCE === undefined ? {} : { price_source: priceSource(PRICE_SOURCE) }),
      });
    },
  },
  bins: {
    does: "trades → bins of REPLAY_BIN_MS",
    extras: [],
    async make(settings) {
      const { binsFilter } = await import("./bins.ts");
      return binsFilter(settings);
    },
  },
  rollup: {
    does: "1 s bars → rows of 60 s and 300 s, corrected when a second is",
    extras: [],
    async make(settings) {
      const { rollupFilter } = await import("./rollup.ts");
      return rollupFilter(settings);
    },
  },
  metrics: {
    does: "prices or trades → a row of returns and volatility per price (--set DUPLICATE_TIME=first|last)",
    extras: [],
    async make(settings, loaded) {
      const { metricsFilter } = await import("./metrics.ts");
      return metricsFilter(forFiles(settings, loaded));
    },
  },
  anomalies: {
    does: "prices or trades, and headlines → alerts (--set ANOMALY_MODE=adaptive|classic)",
    extras: [],
    async make(settings, loaded) {
      const { adaptiveFilter, classicFilter } = await import("./anomalies.ts");
      if (loaded.settings.ANOMALY_MODE === "classic") return classicFilter(forFiles(settings, loaded));
      return adaptiveFilter(settings, gateSettings(loaded.settings));
    },
  },
  features: {
    does: "trades and quotes → the eleven features, at most FEATURES_PUB_RATE_HZ",
    extras: [],
    async make(settings, { settings: given }) {
      const { featuresFilter } = await import("./features.ts");
      return featuresFilter(settings, given);
    },
  },
  rolling: {
    does: "trades → rolling features over features.windows, one row per trade",
    extras: [],
    async make(settings, { settings: given }) {
      const { rollingFilter } = await import("./rolling.ts");
      return rollingFilter(settings, given);
    },
  },
  signals: {
    does: "trades and quotes → long, short and what the rules and the model say",
    extras: [],
    async make(settings, { settings: given }, cwd, follow) {
      const path = { ...settings, signals: signalsSettings(given, rulesOf(given.streaming, cwd)) };
      if (modelSettings(given.streaming) !== null) {
        const { modelFilter } = await import("./model.ts");
        return modelFilter(path, given, cwd, follow);
      }
      const { signalsFilter } = await import("./signals.ts");
      return signalsFilter(path);
    },
  },
  "micro-batch": {
    does: "trades → bars of micro_batch.window_ms (--set micro_batch.window_ms=2000)",
    extras: [],
    async make(settings, { settings: given }) {
      const { microBatchFilter } = await import("./micro-batch.ts");
      return microBatchFilter(settings, given);
    },
  },
};

/**
 * A row for every price. Where the last price of a time is to stay, each is put in its place however late it comes, unless
 * somebody has said how late it may be.
 */
function forFiles(settings: GraphSettings, { settings: given, provenance }: LoadedSettings): GraphSettings {
  const anyTime = given.DUPLICATE_TIME === "last" && !provenance.has("LATE_PRICE_TOLERANCE_SEC");
  const late = anyTime ? { late_tolerance_ms: null } : {};
  return { ...settings, metrics: { ...settings.metrics, every_input: true, ...late } };
}
