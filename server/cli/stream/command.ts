import { Command } from "commander";
import type { Io } from "../io/streams.ts";
import { type TailOptions, tail } from "./tail.ts";

const collect = (value: string, all: readonly string[]): string[] => [...all, value];

export function command(io: Io): Command {
  const stream = new Command("stream").description("look into the topics");
  stream
    .command("tail")
    .description("the newest records of a topic, one JSON text per line, oldest first")
    .requiredOption("--topic <name>", "such as tape.bars")
    .option("--limit <n>", "how many records", "10")
    .option("--follow", "go on with what comes")
    .option("--set <KEY=VALUE>", "a setting; can be repeated", collect, [])
    .option("--config <file>", "a YAML file of settings")
    .action((options: TailOptions) => tail(io, options));
  return stream;
}
