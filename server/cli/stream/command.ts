import { Command } from "commander";
import { settingsOptions } from "../io/options.ts";
import type { Io } from "../io/streams.ts";
import { type TailOptions, tail } from "./tail.ts";

export function command(io: Io): Command {
  const stream = new Command("stream").description("look into the topics");
  settingsOptions(stream.command("tail"))
    .description("the newest records of a topic, one JSON text per line, oldest first")
    .requiredOption("--topic <name>", "such as tape.bars")
    .option("--limit <n>", "how many records", "10")
    .option("--follow", "go on with what comes")
    .action((options: TailOptions) => tail(io, options));
  return stream;
}
