import { join } from "node:path";
import { TapebellError } from "../../../core/errors.ts";
import { nearest } from "../../../core/settings/nearest.ts";
import { TOPICS, type TopicSpec } from "../../../core/topics.ts";
import { lookInto } from "../../bus/embedded/look.ts";
import { loadSettings } from "../../settings/load.ts";
import { type Io, LineWriter } from "../io/streams.ts";

export interface TailOptions {
  readonly topic: string;
  readonly limit: string;
  readonly follow?: true;
  readonly set: readonly string[];
  readonly config?: string;
}

const LIMIT_MAX = 1_000_000;
const POLL_MS = 200;
const SYNTHETIC = "synthetic.";

const usage = (code: string, message: string, hint: string): TapebellError =>
  new TapebellError("usage", code, message, { hint });

/** Reads the log's files beside whoever writes them: no lock is taken, nothing is changed. */
export async function tail(io: Io, options: TailOptions): Promise<void> {
  const { settings } = loadSettings({ env: io.env, cwd: io.cwd, config: options.config, sets: options.set });
  const limit = limitOf(options.limit);
  const isNamed = options.topic.startsWith(SYNTHETIC);
  const isSynthetic = isNamed || settings.FEED === "auto" || settings.FEED === "synthetic";
  const spec = specOf(isNamed ? options.topic.slice(SYNTHETIC.length) : options.topic);
  const origin = isSynthetic ? "synthetic" : "live";
  const folder = join(settings.DATA_DIR, origin, "bus", `${isSynthetic ? SYNTHETIC : ""}${spec.name}`);
  const look = lookInto(folder, spec.partitions);
  const out = new LineWriter(io.stdout);
  for (const value of look.tail(limit)) if (out.add(value)) await out.flush();
  await out.flush();
  if (options.follow !== true) return;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    for (const value of look.more()) if (out.add(value)) await out.flush();
    await out.flush();
  }
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit <= LIMIT_MAX) return limit;
  throw usage("bad_limit", `--limit ${text.slice(0, 40)} is no number of records`, `use 0 to ${LIMIT_MAX}`);
}

function specOf(name: string): TopicSpec {
  const specs: readonly TopicSpec[] = Object.values(TOPICS);
  const spec = specs.find((one) => one.name === name);
  const stored = specs.filter((one) => one.durable).map((one) => one.name);
  if (spec === undefined) {
    const near = nearest(name, stored);
    const hint = near === null ? `use one of: ${stored.join(", ")}` : `did you mean ${near}?`;
    throw usage("unknown_topic", `"${name.slice(0, 80)}" is no topic`, hint);
  }
  if (spec.durable) return spec;
  throw usage(
    "topic_not_stored",
    `${name} is kept in the memory of the running server only`,
    "read it from its page or /api/stream",
  );
}
