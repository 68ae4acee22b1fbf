import { TapebellError } from "../../errors.ts";
import { intervalMs } from "../../messages/bar.ts";

export interface RollingWindow {
  readonly name: string;
  readonly ms: number;
}

export interface RollingSettings {
  /** features.windows */
  readonly windows: readonly RollingWindow[];
  /** At most one record per symbol and so much event time; 0: one for every trade, at that trade's own time. */
  readonly pub_ms: number;
  /** Trades kept of a symbol, at most: beyond it the oldest go, and `n` shows it. */
  readonly points_max: number;
  readonly max_symbols: number;
}

/** The windows of a configuration: `{ name: "vwap_1m", horizon: "60s" }`. */
export function rollingWindows(given: readonly { name: string; horizon: string }[]): RollingWindow[] {
  return given.map(({ name, horizon }) => {
    const ms = intervalMs(horizon);
    if (ms === null) {
      throw new TapebellError("usage", "bad_horizon", `features.windows: "${horizon}" of ${name} is no length`, {
        hint: "give a number with ms, s, m or h, such as 60s",
      });
    }
    return { name, ms };
  });
}

export const ROLLING_SETTINGS: RollingSettings = {
  windows: rollingWindows([
    { name: "vwap_1m", horizon: "60s" },
    { name: "ret_30s", horizon: "30s" },
    { name: "vol_5m", horizon: "300s" },
  ]),
  pub_ms: 0,
  points_max: 250_000,
  max_symbols: 5_000,
};
