import { Command } from "commander";
import { TapebellError } from "../../../core/errors.ts";
import { nearest } from "../../../core/settings/nearest.ts";
import { checkInput, openInput } from "../../ndjson/lines.ts";
import { graphSettings } from "../../settings/graph.ts";
import { loadSettings } from "../../settings/load.ts";
import { settingsOptions } from "../io/options.ts";
import { Refused } from "../io/refused.ts";
import { type Io, LineWriter } from "../io/streams.ts";
import { runFilter } from "./filter.ts";
import { STAGES, type StageSpec } from "./stages.ts";

interface Options {
  readonly set: readonly string[];
  readonly config?: string;
  readonly deadLetter?: string;
}

export function command(io: Io): Command {
  const list = Object.entries(STAGES).map(([name, { does }]) => `  ${name.padEnd(12)} ${does}`);
  return settingsOptions(new Command("stage"), "a setting, or what the stage itself takes; can be repeated")
    .description("run a stage as a filter: records in, records out, one JSON text per line")
    .argument("<name>", "the stage")
    .argument("[file]", "records, .gz too; - or nothing: standard input")
    .option("--dead-letter <file>", "where lines and records that could not be used are written")
    .addHelpText("after", `\nStages:\n${list.join("\n")}\n`)
    .action(async (name: string, file: string | undefined, options: Options, self: Command) => {
      self.setOptionValue("exitCode", await run(io, name, file, options));
    });
}

function specOf(name: string): StageSpec {
  const spec = Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
  if (spec !== undefined) return spec;
  const names = Object.keys(STAGES);
  const near = nearest(name, names);
  throw new TapebellError("usage", "unknown_stage", `"${name.slice(0, 80)}" is no stage`, {
    hint: near === null ? `use one of: ${names.join(", ")}` : `did you mean ${near}?`,
  });
}

async function run(io: Io, name: string, file: string | undefined, options: Options): Promise<number> {
  const spec = specOf(name);
  const { env, cwd } = io;
  const loaded = loadSettings({ env, cwd, config: options.config, sets: options.set, extras: spec.extras });
  const filter = await spec.make(graphSettings(loaded.settings, 0), loaded, cwd);
  const inputs = file === undefined || file === "-" ? [] : [file];
  for (const one of inputs) checkInput(one);
  const where = `stage ${name}`;
  const refused = new Refused(where, options.deadLetter, inputs);
  const input = openInput(file, io.stdin);
  const { lines, good, passed } = await runFilter(input, filter, new LineWriter(io.stdout), refused).finally(() =>
    refused.close(),
  );
  // Most inputs hold kinds that a stage passes over; one that holds nothing else is the wrong one.
  const strange = passed === good ? { [`records, none of a kind it reads (${filter.reads.join(", ")})`]: passed } : {};
  const summary = refused.summary(lines, { ...strange, ...filter.unused?.() });
  if (summary !== null) io.stderr.write(`${summary}\n`);
  return good === 0 && refused.bad > 0 ? 1 : 0;
}
