import type { Settings } from "../../../core/settings/index.ts";
import { modelSettings } from "../../../core/settings/streaming.ts";
import { systemClock } from "../../clock.ts";
import { rulesOf } from "../../settings/rules-file.ts";
import { type Finding, ok, problem } from "./finding.ts";

/** Reads the rules, and loads the model in a thread, as a start does. */
export async function* inference({ streaming }: Settings, cwd: string): AsyncGenerator<Finding> {
  try {
    const rules = rulesOf(streaming, cwd);
    yield ok(rules === null ? "rules: switched off" : `rules: ${rules.rules.length}, all understood`);
  } catch (cause) {
    yield problem("rules", cause);
  }
  const settings = modelSettings(streaming);
  if (settings === null) return;
  // The runtime is read only where somebody has a model.
  const [{ readModel }, { openAdapter }] = await Promise.all([
    import("../../inference/model-file.ts"),
    import("../../inference/adapter.ts"),
  ]);
  try {
    const windows = streaming.features.windows.map(({ name }) => name);
    const model = readModel(settings, windows, cwd);
    const adapter = await openAdapter({ model, settings, cooldown_ms: 0, clock: systemClock });
    adapter.close();
    yield ok(`model: ${model.name} (${model.file}) loads and reads ${model.features.map(({ key }) => key).join(", ")}`);
  } catch (cause) {
    yield problem("model", cause);
  }
}
