import type { Command } from "commander";

const collect = (value: string, all: readonly string[]): string[] => [...all, value];

/** What every command that works with settings takes. */
export function settingsOptions(command: Command, what = "a setting; can be repeated"): Command {
  return command.option("--set <KEY=VALUE>", what, collect, []).option("--config <file>", "a YAML file of settings");
}
