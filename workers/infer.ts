import { TapebellError } from "../core/errors.ts";
import { modelSettings } from "../core/settings/streaming.ts";
import { TOPICS } from "../core/topics.ts";
import { meanwhileOf } from "../server/inference/stand-in.ts";
import { InferenceRunner } from "./shell/inference.ts";
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
    meanwhile: meanwhileOf(settings, process.cwd(), (text) => context.log.warn(text)),
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

if (!Bun.isMainThread) runThread("infer", infer);
