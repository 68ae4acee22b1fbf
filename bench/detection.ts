/**
 * The trade-off of detection: what is found, how soon, and how often for nothing, at its settings and at each of them halved
 * and doubled, on whole tapes, on tapes that begin shortly before, cold and warmed by candles, and on tapes whose volume has
 * nothing to do with their moves. At full size the labelled pumps of the reference data; without them, and in the smoke
 * run, pumps made here. The peer are the fixed limits alone. The table goes to stderr.
 */
import { ADAPTIVE_SETTINGS, type AdaptiveSettings } from "../core/stages/anomalies/index.ts";
import {
  cut,
  type Measured,
  measure,
  median,
  minutesBefore,
  quiet,
  sizesShuffled,
  type Tapes,
} from "../core/test-support/detection.ts";
import { hasPumps, labelledPumps } from "../core/test-support/pump-dump.ts";
import { type Figures, main, round, type Size, type Workload } from "./harness.ts";
import { madePumps } from "./support/made-pumps.ts";
import { variants } from "./support/variants.ts";

const CUTS_H = [1 / 30, 1, 6] as const;

/** Price alone, as a person would write it down; every hit that opens something is a push. */
const PLAIN: AdaptiveSettings = {
  ...ADAPTIVE_SETTINGS,
  rules: ["fixed"],
  learning_ms: 0,
  fixed: { volume_factor: 0, volume_orders: 0 },
  confirmed: { ...ADAPTIVE_SETTINGS.confirmed, orders_min: 0, side_share: 0 },
};

interface Row {
  readonly whole: Measured;
  readonly cold: readonly Measured[];
  readonly warm: readonly Measured[];
  readonly unrelated: Measured;
}

const rate = ({ outside, days }: Measured): number => round(outside / days, 2);
const worst = (all: readonly Measured[]): number => Math.min(...all.map(({ found }) => found));
const highest = (all: readonly Measured[]): number => Math.max(...all.map(rate));

function evaluate(tapes: Tapes, settings: AdaptiveSettings): Row {
  const begin = (hours: number) => cut(tapes, hours);
  const unrelated: Tapes = new Map([...quiet(tapes)].map(([event, tape], i) => [event, sizesShuffled(tape, i + 1)]));
  return {
    whole: measure(tapes, settings),
    cold: CUTS_H.map((hours) => measure(begin(hours), settings)),
    warm: CUTS_H.map((hours) =>
      measure(begin(hours), settings, (event) =>
        minutesBefore(tapes.get(event)!, event.announced_ms - hours * 3_600_000),
      ),
    ),
    unrelated: measure(unrelated, settings),
  };
}

function figuresOf({ whole, cold, warm, unrelated }: Row): Figures {
  return {
    found: whole.found,
    after_peak: whole.after_peak.length,
    delay_s: round(median(whole.delays_s)),
    false_per_day: rate(whole),
    found_cold: worst(cold),
    false_cold: highest(cold),
    found_warm: worst(warm),
    false_warm: highest(warm),
    false_unrelated: rate(unrelated),
  };
}

function say(name: string, figures: Readonly<Record<string, number | string>>): void {
  console.error(name.padEnd(34), ...Object.values(figures).map((value) => String(value).padStart(9)));
}

export const workload: Workload = {
  name: "detection",
  targets: hasPumps
    ? [
        { figure: "found", min: 18 },
        { figure: "after_peak", max: 0 },
        { figure: "delay_s", max: 1 },
        { figure: "false_per_day", max: 0.3 },
        { figure: "found_cold", min: 18 },
        { figure: "found_warm", min: 18 },
        { figure: "false_warm", max: 0.3 },
      ]
    : [{ figure: "after_peak", max: 0 }],
  async run(size: Size) {
    const isReal = size === "full" && hasPumps;
    const tapes = isReal ? labelledPumps() : madePumps();
    const trades = [...tapes.values()].reduce((sum, tape) => sum + tape.length, 0);
    const result_hash = `${tapes.size} tapes, ${trades} trades`;
    const figures = figuresOf(evaluate(tapes, ADAPTIVE_SETTINGS));
    const peer = figuresOf(evaluate(tapes, PLAIN));
    if (size === "full") {
      say(
        isReal ? "labelled pumps" : "made pumps (no reference data)",
        Object.fromEntries(Object.keys(figures).map((key) => [key, key.slice(0, 9)])),
      );
      say("as it is", figures);
      say("fixed limits alone", peer);
      for (const { name, settings } of variants()) say(name, figuresOf(evaluate(tapes, settings)));
    }
    return { result_hash, figures, peer: { name: "fixed limits by price alone", result_hash, figures: peer } };
  },
};

if (import.meta.main) await main(workload);
