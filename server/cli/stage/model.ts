import { TapebellError } from "../../../core/errors.ts";
import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Rolling, Signal } from "../../../core/messages/index.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { modelSettings } from "../../../core/settings/streaming.ts";
import { systemClock } from "../../clock.ts";
import { openAdapter } from "../../inference/adapter.ts";
import { readModel } from "../../inference/model-file.ts";
import { meanwhileOf } from "../../inference/stand-in.ts";
import type { Filter, Follow } from "./filter.ts";
import { signalsFilter } from "./signals.ts";

const SEC_MS = 1_000;

/**
 * Signals as without a model, and what the model says of each row of rolling features, in the order of the rows. One that
 * fails again and again ends the work on a file; where it follows, the rules stand in and it is tried again.
 */
export async function modelFilter(
  settings: GraphSettings,
  given: Settings,
  cwd: string,
  follow?: Follow,
): Promise<Filter> {
  const { streaming } = given;
  const own = modelSettings(streaming)!;
  const windows = streaming.features.windows.map(({ name }) => name);
  const model = readModel(own, windows, cwd);
  const cooldown_ms = given.SIGNAL_COOLDOWN_SEC * SEC_MS;
  const adapter = await openAdapter({ model, settings: own, cooldown_ms, clock: systemClock });

  let waiting: (Rolling | Signal)[] = [];
  const path = signalsFilter(settings, (out) => {
    if (out.kind !== "features") waiting.push(out);
  });
  const meanwhile = follow === undefined ? null : meanwhileOf(given, cwd, follow.warn);
  let told = 0;
  let unjudged = 0;
  const judge = async (rows: readonly Rolling[], emit: (out: object) => void): Promise<void> => {
    const left = await adapter.judge(rows, emit);
    if (left.length === 0) return;
    const why = `model ${own.model_path} failed ${own.breaker_failures} times in a row: ${adapter.lastFailure}`;
    if (follow === undefined || meanwhile === null)
      throw new TapebellError("outside", "model_failed", why, {
        hint: "try it on the rows of `tapebell stage rolling`, or give it more time: inference.adapters.model.timeout_ms",
      });
    if (adapter.breaker.opened > told) follow.warn(`${why}. ${meanwhile.text}`);
    told = adapter.breaker.opened;
    if (meanwhile.standIn === null) unjudged += left.length;
    else for (const signal of meanwhile.standIn.judge(left).signals) emit(signal);
  };
  return {
    ...path,
    async settle(emit) {
      const some = waiting;
      waiting = [];
      let rows: Rolling[] = [];
      for (const one of some) {
        if (one.kind === "rolling") {
          rows.push(one);
          continue;
        }
        await judge(rows, emit);
        rows = [];
        emit(one);
      }
      await judge(rows, emit);
    },
    close: () => adapter.close(),
    unused() {
      const { counts, state } = adapter;
      const failed = Object.values(counts.failed).reduce((sum, n) => sum + n, 0);
      return {
        ...path.unused?.(),
        "rows with a feature that is not known yet": counts.not_known,
        "rows the model failed on": failed,
        "rows the model was not asked about": unjudged,
        "signals of the model within the cooldown": state.cooled,
      };
    },
  };
}
