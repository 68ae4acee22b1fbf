import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Filter } from "./filter.ts";

export interface StageSpec {
  readonly does: string;
  /** Names that `--set` takes besides the settings. */
  readonly extras: readonly string[];
  make(settings: GraphSettings, extras: Readonly<Record<string, string>>): Promise<Filter>;
}

/** The stages that run as filters. A new one joins by a line here and a file beside. */
export const STAGES: Readonly<Record<string, StageSpec>> = {
  bars: {
    does: "trades or bins → bars (--set INTERVAL=1m, a comma list)",
    extras: ["INTERVAL"],
    async make(settings, { INTERVAL }) {
      const { barsFilter } = await import("./bars.ts");
      return barsFilter(INTERVAL === undefined ? settings : { ...settings, intervals: INTERVAL.split(",") });
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
};
