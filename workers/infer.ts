import { TapebellError } from "../core/errors.ts";
import { modelSettings } from "../core/settings/streaming.ts";
import { TOPICS } from "../core/topics.ts";
import { rulesInFile } from "../server/settings/rules-file.ts";
import { signalsSettings } from "../server/settings/signals.ts";
import { InferenceRunner } from "./shell/inference.ts";
import { StandIn } from "./shell/stand-in.ts";
import { type RoleContext, runThread } from "./shell/thread.ts";

const STATUS_EVERY_MS = 1_000;
const SEC_MS = 1_000;

/** Judges rolling features with a model. The graph does not wait for it: it reads what the graph says and says signals of its own. */
export async function infer(context: RoleContext): Promise<void> {
  const { bus, clock, settings, signal } = context;
  const { streaming } = settings;
  const model = modelSettings(streaming);
  if (model === null) throw new TapebellError("bug", "invariant", "infer was started without a model");
  const runner = new InferenceRunner({
    ...context,
    model,
    windows: streaming.features.windows.map(({ name }) => name),
    cwd: process.cwd(),
    cooldown_ms: settings.SIGNAL_COOLDOWN_SEC * SEC_MS,
    ...inItsPlace(context),
  });
  const fall = new AbortController();
  const stop = AbortSignal.any([signal, fall.signal]);
  const reporting = report(async () => {
    await bus.publish(TOPICS.status.name, 0, [JSON.stringify(runner.status())]).catch(() => undefined);
    await clock.sleep(STATUS_EVERY_MS, stop);
  }, stop);
  context.ready();
  try {
    await runner.run(stop);
  } finally {
    fall.abort();
    await reporting;
  }
}

async function report(once: () => Promise<void>, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) await once();
}

/** Where the rules are switched on the graph speaks by them in any case; where not, they are kept for when they are needed. */
function inItsPlace({ log, settings }: RoleContext): { standIn: StandIn | null; meanwhile: string } {
  if (settings.streaming.inference.adapters.rules.enabled)
    return { standIn: null, meanwhile: "What the rules say stands" };
  try {
    const rules = rulesInFile(settings.streaming, process.cwd());
    if (rules !== null)
      return { standIn: new StandIn(signalsSettings(settings, rules)), meanwhile: "The rules stand in for it" };
  } catch (cause) {
    log.warn(`no rules stand in for the model: ${(cause as Error).message}`);
  }
  return { standIn: null, meanwhile: "Nothing stands in for it" };
}

if (!Bun.isMainThread) runThread("infer", infer);
