import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Bus } from "../../core/ports/bus.ts";
import type { Checkpoints } from "../../core/ports/checkpoints.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { StopSignal } from "../../core/ports/signal.ts";
import { TOPICS } from "../../core/topics.ts";

const KEY = "dead-letter-file";
const VERSION = "1";
/** A source of nothing but rubbish fills no disk: beyond this the letters are in the log and the table only. */
const FILE_MAX_BYTES = 256 * 1024 * 1024;

export interface DeadLetterFileOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly checkpoints: Checkpoints;
  readonly path: string;
  readonly onProblem: (text: string) => void;
}

/** Adds what the dead-letter topic says to a file, a line each; after a crash the last lines may stand there twice. */
export async function writeDeadLetters(options: DeadLetterFileOptions, signal: StopSignal): Promise<void> {
  const { bus, checkpoints, clock, path, onProblem } = options;
  const topic = TOPICS.deadLetter.name;
  const { log_id, start, end } = await bus.info(topic, 0);
  const { found } = await checkpoints.load(KEY);
  const saved = found.find((one) => one.log_id === log_id && one.position <= end)?.position ?? 0;
  let isSaid = false;
  for await (const batch of bus.follow(topic, 0, Math.max(saved, start), { signal })) {
    try {
      isSaid = !(await add(path, batch.values)) && (isSaid || say(onProblem, path));
    } catch (cause) {
      // The letters themselves are safe in the log: a file that cannot be written stops no replay.
      if (!isSaid) onProblem(`${path} cannot be written: ${(cause as Error).message}`);
      isSaid = true;
    }
    await checkpoints.save(KEY, {
      log_id,
      position: batch.next,
      code_version: VERSION,
      settings_hash: "",
      saved_ms: clock.now(),
      state: null,
    });
  }
}

/** False: the file is full. */
async function add(path: string, lines: readonly string[]): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size >= FILE_MAX_BYTES) return false;
  const file = await open(path, "a");
  try {
    await file.writeFile(`${lines.join("\n")}\n`);
  } finally {
    await file.close();
  }
  return true;
}

function say(onProblem: (text: string) => void, path: string): true {
  onProblem(`${path} is full: further dead letters are in the log and the table only`);
  return true;
}
