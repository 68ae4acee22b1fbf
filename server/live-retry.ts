import type { Clock } from "../core/ports/clock.ts";
import type { Settings } from "../core/settings/index.ts";
import type { HeldPart } from "./cache/state.ts";
import { probeVenues } from "./feeds/probe.ts";
import type { World } from "./world.ts";

export interface LiveRetryOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Why no venue answered at the start. */
  readonly reasons: readonly string[];
  readonly open: () => Promise<World>;
  /** The live world brings data: it is shown from now on. */
  readonly show: (world: World) => Promise<void>;
  readonly onProblem: (text: string) => void;
}

/** A venue that answered and then brings nothing is not waited for longer. */
const DATA_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;

/**
 * While the market that is made up is shown because no venue answered, they are asked again and again. The first that brings
 * data has the live world shown; there is no way back from it.
 */
export class LiveRetry {
  private reasons: readonly string[];
  private readonly since_ms: number;

  constructor(private readonly options: LiveRetryOptions) {
    this.reasons = options.reasons;
    this.since_ms = options.clock.now();
  }

  /** What the status says of it. */
  part(): HeldPart {
    const { clock, settings } = this.options;
    const now_ms = clock.now();
    const why = this.reasons.join("; ") || "No venue answers";
    const text = `${why}. What is shown is made up; live is tried again every ${settings.LIVE_RETRY_SEC} s`;
    return {
      status: { kind: "part_status", part: "feed:live", ts_ms: now_ms, state: "offline", text: text.slice(0, 500) },
      received_ms: now_ms,
      since_ms: this.since_ms,
    };
  }

  /** Resolves when the live world is shown, or by the signal. */
  async run(): Promise<void> {
    const { settings, clock, signal, show, onProblem } = this.options;
    for (;;) {
      await clock.sleep(settings.LIVE_RETRY_SEC * 1_000, signal);
      if (signal.aborted) return;
      try {
        const world = await this.attempt();
        if (world !== null) return await show(world);
      } catch (cause) {
        onProblem(`the live market could not be opened and is tried again: ${String(cause)}`);
      }
    }
  }

  private async attempt(): Promise<World | null> {
    const { settings, clock, signal, open } = this.options;
    const { provider, reasons } = await probeVenues(settings, clock);
    if (reasons.length > 0) this.reasons = reasons;
    if (provider === null || signal.aborted) return null;
    const world = await open();
    const start_ms = clock.now();
    while (!signal.aborted && clock.now() - start_ms < DATA_WITHIN_MS) {
      if (world.cache.isSeeded && world.status().feed.state === "live") return world;
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
    await world.close();
    return null;
  }
}
