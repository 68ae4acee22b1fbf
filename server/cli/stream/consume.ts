import { TapebellError } from "../../../core/errors.ts";
import { intervalMs } from "../../../core/messages/bar.ts";
import { EVENTS_TOPIC } from "../../../core/profiles/pipeline.ts";
import { modelSettings } from "../../../core/settings/streaming.ts";
import { lookInto } from "../../bus/embedded/look.ts";
import { graphSettings } from "../../settings/graph.ts";
import { type LoadedSettings, loadSettings } from "../../settings/load.ts";
import { Refused } from "../io/refused.ts";
import { onStop } from "../io/stop.ts";
import { type Io, LineWriter } from "../io/streams.ts";
import { runFilter } from "../stage/filter.ts";
import { STAGES } from "../stage/stages.ts";
import { eventLines } from "./follow.ts";
import { placeOf } from "./place.ts";

interface ConsumeOptions {
  readonly set: readonly string[];
  readonly config?: string;
  readonly deadLetter?: string;
}
export interface MicroBatchOptions extends ConsumeOptions {
  readonly window?: string;
}
export interface InferOptions extends ConsumeOptions {
  readonly adapter: string;
}

const usage = (code: string, message: string, hint: string): TapebellError =>
  new TapebellError("usage", code, message, { hint });

export function microBatch(io: Io, options: MicroBatchOptions): Promise<number> {
  const { window } = options;
  const ms = window === undefined ? null : intervalMs(window);
  if (window !== undefined && ms === null)
    throw usage(
      "bad_window",
      `--window ${window.slice(0, 40)} is no length`,
      "use a number with ms, s or m, such as 2s",
    );
  const sets = ms === null ? options.set : [...options.set, `micro_batch.window_ms=${ms}`];
  return consume(io, "micro-batch", { ...options, set: sets });
}

const RULES_ALONE = [
  "inference.adapters.rules.enabled=true",
  "inference.adapters.model.enabled=false",
  "inference.adapters.sklearn.enabled=false",
];

export function infer(io: Io, options: InferOptions): Promise<number> {
  const { adapter } = options;
  if (adapter === "rules") return consume(io, "signals", { ...options, set: [...options.set, ...RULES_ALONE] });
  if (adapter !== "model" && adapter !== "sklearn")
    throw usage("unknown_adapter", `--adapter ${adapter.slice(0, 40)} is none`, "use rules or model");
  return consume(io, "signals", options, ({ settings }) => {
    if (modelSettings(settings.streaming) === null)
      throw usage(
        "no_model",
        "no model is switched on",
        "set inference.adapters.model.enabled and model_path in --config",
      );
  });
}

/** Events of the topic through a stage, as they come; what it makes goes to standard output. */
async function consume(
  io: Io,
  name: string,
  options: ConsumeOptions,
  check: (loaded: LoadedSettings) => void = () => undefined,
): Promise<number> {
  const loaded = loadSettings({ env: io.env, cwd: io.cwd, config: options.config, sets: options.set });
  check(loaded);
  const { settings } = loaded;
  const place = placeOf(EVENTS_TOPIC, settings);
  const look = lookInto(place.folder, place.partitions);
  // From here on, unless all that is there is wished for.
  if (settings.KAFKA_AUTO_OFFSET_RESET === "latest") look.tail(0);
  const filter = await STAGES[name]!.make(graphSettings(settings, 0), loaded, io.cwd, {
    warn: (text) => io.stderr.write(`stream ${name}: ${text}\n`),
  });
  const refused = new Refused(`stream ${name}`, options.deadLetter);
  const stop = new AbortController();
  const forget = onStop(stop);
  try {
    const out = new AtOnce(io.stdout);
    const { lines } = await runFilter(eventLines(look, stop.signal), filter, out, refused);
    const summary = refused.summary(lines, filter.unused?.());
    if (summary !== null) io.stderr.write(`${summary}\n`);
    return 0;
  } finally {
    forget();
    await refused.close();
  }
}

/** Who reads along sees each record when it is made. */
class AtOnce extends LineWriter {
  override add(line: string): boolean {
    super.add(line);
    return true;
  }
}
