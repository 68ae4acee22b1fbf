#!/usr/bin/env bun
import { type Command, CommanderError, Command as Program } from "commander";
import { TapebellError } from "../../core/errors.ts";
import packageFile from "../../package.json";
import { type Io, OutputClosed } from "./io/streams.ts";

interface Entry {
  readonly does: string;
  load(): Promise<{ command(io: Io): Command }>;
}

/** Every command: its module is read only when it is called. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  stage: {
    does: "run a stage as a filter: records in, records out",
    load: () => import("./stage/command.ts"),
  },
  stream: { does: "look into the topics", load: () => import("./stream/command.ts") },
  decode: {
    does: "a raw recording of a venue's frames into records",
    load: () => import("./decode.ts"),
  },
  record: { does: "a venue's frames as they come, into a file", load: () => import("./record/command.ts") },
  replay: { does: "ticks of a file or server to bins and bars", load: () => import("./replay/command.ts") },
  "validate-aggregates": {
    does: "are the bars what the bins say?",
    load: () => import("./validate/command.ts"),
  },
  config: { does: "the settings in force, secrets hidden", load: () => import("./config.ts") },
  migrate: { does: "bring the database's tables to this version", load: () => import("./migrate.ts") },
  doctor: { does: "what is in order, and how to mend what is not", load: () => import("./doctor/command.ts") },
};

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

/** Runs one command. Exit codes: 0 done, 1 the work failed, 2 wrong usage or settings. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let called: Command | null = null;
  try {
    const program = strict(new Program("tapebell"), io)
      .description(packageFile.description)
      .version(packageFile.version);
    for (const [name, entry] of Object.entries(COMMANDS)) {
      if (name !== argv[0]) {
        strict(program.command(name), io).description(entry.does);
        continue;
      }
      called = (await entry.load()).command(io);
      program.addCommand(strict(called, io));
    }
    await program.parseAsync([...argv], { from: "user" });
    return exitCodeOf(called);
  } catch (error) {
    return explain(error, io);
  }
}

/** Errors are thrown, in one line of ours, and help goes where it is asked for. */
function strict(command: Command, io: Io): Command {
  command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => undefined });
  for (const below of command.commands) strict(below, io);
  return command;
}

/** What the action of the command, or of the one below it that was called, has noted down. */
function exitCodeOf(command: Command | null): number {
  if (command === null) return DONE;
  const own = command.opts<{ exitCode?: number }>().exitCode ?? DONE;
  return Math.max(own, ...command.commands.map(exitCodeOf));
}

function explain(error: unknown, io: Io): number {
  const say = (what: string, hint?: string): void => {
    const line = `tapebell: ${what}${hint === undefined ? "" : `; ${hint}`}`;
    io.stderr.write(`${line.replace(/\s*\n\s*/g, " ")}\n`);
  };
  if (error instanceof OutputClosed) return DONE;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return DONE;
    if (error.code === "commander.help") say("what to do is missing", "see tapebell --help");
    else say(error.message.replace(/^error: /, ""), "see tapebell --help");
    return WRONG_USAGE;
  }
  if (error instanceof TapebellError) {
    say(error.message, error.hint);
    return error.kind === "usage" ? WRONG_USAGE : FAILED;
  }
  say(error instanceof Error ? error.message : String(error));
  if (error instanceof Error && io.env.LOG_LEVEL?.toLowerCase() === "debug") io.stderr.write(`${error.stack}\n`);
  return FAILED;
}

if (import.meta.main) {
  const { stdin, stdout, stderr, env } = process;
  process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd() });
}
