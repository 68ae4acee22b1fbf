import {
  type GraphFigures,
  PROCESSING_BUCKETS_MS,
  type Spread,
  UPDATE_BUCKETS_SEC,
} from "../../core/messages/index.ts";
import { ROLLING_FEATURES } from "../../core/messages/rolling.ts";
import { lookAt, type RollingState } from "../../core/stages/rolling/index.ts";

/** Beyond these the figures go by this name: who scrapes keeps a series for each. */
const SYMBOLS_NAMED = 20;
const OTHER = "other";

const spread = (buckets: readonly number[]): Spread => ({ at_most: buckets.map(() => 0), count: 0, sum: 0 });

function add(to: Spread, buckets: readonly number[], value: number): void {
  to.count++;
  to.sum += value;
  for (let i = 0; i < buckets.length; i++) if (value <= buckets[i]!) to.at_most[i]!++;
}

/** Measures the graph from outside: it has no clock of its own. */
export class GraphMeter {
  readonly figures: GraphFigures = { processing_ms: spread(PROCESSING_BUCKETS_MS), updates_sec: {} };
  private readonly named = new Set<string>();
  /** Which symbol of a partition's is measured next. */
  private turn = 0;

  /** A batch that the log took in at `taken_ms` is done with. */
  processed(taken_ms: number, now_ms: number): void {
    add(this.figures.processing_ms, PROCESSING_BUCKETS_MS, Math.max(0, now_ms - taken_ms));
  }

  /** Works out one symbol's features of each window once more and notes how long each took. */
  sample(state: RollingState): void {
    const symbols = Object.keys(state.symbols.of);
    const symbol = symbols[this.turn++ % Math.max(1, symbols.length)];
    if (symbol === undefined) return;
    for (const { name } of state.settings.windows) {
      // A new look for each window: what the one before has summed up is no help to it.
      const look = lookAt(state, symbol);
      if (look === null) return;
      const begun_ms = performance.now();
      for (const feature of ROLLING_FEATURES) void look[`${name}_${feature}`];
      this.update(symbol, name, (performance.now() - begun_ms) / 1_000);
    }
  }

  private update(symbol: string, window: string, seconds: number): void {
    if (this.named.size < SYMBOLS_NAMED) this.named.add(symbol);
    const key = `${this.named.has(symbol) ? symbol : OTHER}|${window}`;
    const known = Object.hasOwn(this.figures.updates_sec, key) ? this.figures.updates_sec[key] : undefined;
    const of = known ?? spread(UPDATE_BUCKETS_SEC);
    if (known === undefined) this.figures.updates_sec[key] = of;
    add(of, UPDATE_BUCKETS_SEC, seconds);
  }
}
