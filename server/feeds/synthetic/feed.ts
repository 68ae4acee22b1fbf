import { TapebellError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Feed } from "../../../core/ports/feed.ts";
import type { Act } from "./act-kinds.ts";
import { createScript, type Scenario, type Script } from "./acts.ts";
import { Line, type Mute } from "./line.ts";
import { runLoad } from "./load.ts";
import { createMarket, PROVIDER } from "./market.ts";
import { overlayOf } from "./overlay.ts";
import { Report } from "./report.ts";
import { carriedOver, type Resume } from "./resume.ts";
import { SYMBOLS } from "./symbols.ts";

export interface SyntheticOptions {
  readonly seed: number;
  readonly scenario: Scenario;
  /** Trades per second over all symbols, for `load`. */
  readonly rate: number;
  readonly clock: Clock;
  /** Null: nothing is recorded yet. */
  readonly resume: Resume | null;
  readonly heartbeatMs: number;
}

export interface SyntheticFeed extends Feed {
  /** Acts count from t0, the moment the URL is printed. Once; without it the market stays quiet. */
  startActs(t0_ms: number): void;
  /** What is going on between two moments: the news part takes its headlines from here. */
  acts(from_ms: number, to_ms: number): readonly Act[];
}

export function createSyntheticFeed(options: SyntheticOptions): SyntheticFeed {
  const { seed, scenario, rate, clock, resume, heartbeatMs } = options;
  if (!Number.isSafeInteger(seed)) throw badOption("SYNTHETIC_SEED", seed, "a whole number");
  if (!(rate >= 1 && rate <= 200_000)) throw badOption("SYNTHETIC_RATE", rate, "1 to 200000 trades per second");
  if (!(heartbeatMs >= 10 && heartbeatMs <= 1_000)) throw badOption("HEARTBEAT_MS", heartbeatMs, "10 to 1000");

  const calm = createMarket(seed);
  const carried = carriedOver(resume, calm.priceAt);
  let script: Script | null = null;
  const between = (from_ms: number, to_ms: number): readonly Act[] => script?.between(from_ms, to_ms) ?? [];
  const overlay = overlayOf(seed, (from_ms, to_ms) => [
    ...carried.filter((c) => c.from_ms <= to_ms && c.to_ms >= from_ms),
    ...between(from_ms, to_ms),
  ]);
  const market = createMarket(seed, overlay);

  return {
    provider: PROVIDER,
    symbols: () => SYMBOLS.map(({ symbol, decimals }) => ({ symbol, decimals })),
    startActs(t0_ms) {
      script ??= createScript(seed, scenario, t0_ms);
    },
    acts: between,
    async run(sink, signal) {
      const report = new Report(sink, scenario);
      report.say(clock.now(), "starting", "starting");
      const muteAt = (ts_ms: number): Mute | undefined =>
        between(ts_ms, ts_ms).find((act) => act.mute !== undefined)?.mute;
      const deps = { market, clock, heartbeatMs, report, sink, signal };
      const line = new Line({ ...deps, seed, resume, muteAt });
      if (scenario === "load") {
        await line.catchUp();
        await runLoad({ ...deps, seed, rate });
      } else {
        await line.live();
      }
      report.say(clock.now(), "offline", "stopped");
    },
  };
}

function badOption(name: string, value: number, allowed: string): TapebellError {
  return new TapebellError("usage", "bad_setting", `${name}=${value} is not allowed`, {
    hint: `${name} takes ${allowed}`,
  });
}
