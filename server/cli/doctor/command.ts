import { Command } from "commander";
import { TapebellError } from "../../../core/errors.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { lockDataDir } from "../../data-dir/lock.ts";
import { originOf } from "../../origin.ts";
import { type LoadedSettings, loadSettings } from "../../settings/load.ts";
import { settingsOptions } from "../io/options.ts";
import { type Io, LineWriter } from "../io/streams.ts";
import { bus, logs, store } from "./data.ts";
import { feed } from "./feed.ts";
import { type Finding, lineOf, ok, problem } from "./finding.ts";
import { inference } from "./inference.ts";
import { bun, chromium, disk, page } from "./machine.ts";
import { port, running } from "./port.ts";

interface Options {
  readonly set: readonly string[];
  readonly config?: string;
}

/** Each check does what the part itself will do at a start. Nothing is changed, nothing that another process has is opened. */
export function command(io: Io): Command {
  return settingsOptions(new Command("doctor"))
    .description("what is reachable and in order, and how to mend what is not")
    .action(async (options: Options, self: Command) => {
      const out = new LineWriter(io.stdout);
      let problems = 0;
      for await (const finding of examine(io, options)) {
        if (!finding.ok) problems++;
        out.add(lineOf(finding));
        await out.flush();
      }
      self.setOptionValue("exitCode", problems === 0 ? 0 : 1);
    });
}

async function* examine(io: Io, options: Options): AsyncGenerator<Finding> {
  yield bun();
  const settings = read(io, options);
  yield settings.finding;
  if (settings.loaded !== null) yield* withSettings(settings.loaded.settings, io.cwd);
  yield await page();
  yield chromium(io.env);
}

function read(io: Io, { set, config }: Options): { finding: Finding; loaded: LoadedSettings | null } {
  try {
    const loaded = loadSettings({ env: io.env, cwd: io.cwd, config, sets: set });
    originOf(loaded.settings);
    const warned = loaded.warnings.length === 0 ? "" : `; ${loaded.warnings.join("; ")}`;
    return { finding: ok(`settings: ${loaded.provenance.size} set, all understood${warned}`), loaded };
  } catch (cause) {
    return { finding: problem("settings", cause), loaded: null };
  }
}

async function* withSettings(settings: Settings, cwd: string): AsyncGenerator<Finding> {
  const { DATA_DIR } = settings;
  yield await feed(settings);
  yield* inference(settings, cwd);
  yield await disk(DATA_DIR);
  try {
    const lock = await lockDataDir(DATA_DIR);
    try {
      yield ok(`data folder: ${DATA_DIR} can be written, and no process has it`);
      yield logs(settings);
      yield await bus(settings);
      yield* await store(settings);
    } finally {
      lock.release();
    }
    yield await port(settings);
  } catch (cause) {
    if (!(cause instanceof TapebellError && cause.code === "data_dir_locked")) {
      yield problem("data folder", cause);
      yield await port(settings);
      return;
    }
    // The bus and the embedded database belong to that process; a server of its own may be looked at beside it.
    const answer = await running(settings);
    if (answer === null) yield { ...problem("data folder", cause), text: `${cause.message}, which does not answer` };
    else yield ok(`${cause.message}: the Tapebell that runs`);
    yield answer ?? (await port(settings));
    if (settings.DATABASE_URL !== "") yield* await store(settings);
  }
}
