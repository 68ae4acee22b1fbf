import type { Rolling, Signal } from "../../core/messages/index.ts";
import type { Settings } from "../../core/settings/index.ts";
import { type SignalsSettings, type SignalsState, signals } from "../../core/stages/signals/index.ts";
import { rulesInFile } from "../settings/rules-file.ts";
import { signalsSettings } from "../settings/signals.ts";

/** The rules, in a model's place. */
export class StandIn {
  private readonly state: SignalsState;

  constructor(settings: SignalsSettings) {
    this.state = signals.init(settings);
  }

  judge(rows: readonly Rolling[]): { signals: Signal[]; seconds: number } {
    const said: Signal[] = [];
    const begun_ms = performance.now();
    for (const row of rows) signals.step(this.state, row, (signal) => said.push(signal));
    return { signals: said, seconds: (performance.now() - begun_ms) / 1_000 / rows.length };
  }
}

export interface Meanwhile {
  /** Null: nobody judges in the model's place. */
  readonly standIn: StandIn | null;
  /** One sentence about it. */
  readonly text: string;
}

/** Where the rules are switched on they are heard in any case; where not, they are kept for when they are needed. */
export function meanwhileOf(settings: Settings, cwd: string, warn: (text: string) => void): Meanwhile {
  if (settings.streaming.inference.adapters.rules.enabled) return { standIn: null, text: "What the rules say stands" };
  try {
    const rules = rulesInFile(settings.streaming, cwd);
    if (rules !== null)
      return { standIn: new StandIn(signalsSettings(settings, rules)), text: "The rules stand in for it" };
  } catch (cause) {
    warn(`no rules stand in for the model: ${(cause as Error).message}`);
  }
  return { standIn: null, text: "Nothing stands in for it" };
}
