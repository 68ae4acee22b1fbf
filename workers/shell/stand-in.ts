import type { Rolling, Signal } from "../../core/messages/index.ts";
import { type SignalsSettings, type SignalsState, signals } from "../../core/stages/signals/index.ts";

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
