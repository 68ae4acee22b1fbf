import { Command } from "commander";
import { VENUES } from "../../feeds/venues.ts";
import { settingsOptions } from "../io/options.ts";
import type { Io } from "../io/streams.ts";
import { type RecordOptions, record } from "./record.ts";

export function command(io: Io): Command {
  return settingsOptions(new Command("record"))
    .description(
      "a venue's frames as they come, with their receive times, into a file that decode and FEED=replay read",
    )
    .requiredOption("--feed <venue>", `auto, or one of ${Object.keys(VENUES).join(", ")}`)
    .requiredOption("--out <file>", "where to; .gz is compressed")
    .option("--symbols <list>", "which markets, as SYMBOLS says them (default: SYMBOLS)")
    .option("--channels <list>", "which streams of them", "trade,quote,book")
    .option("--for <time>", "such as 30s, 10m or 2h (default: until Ctrl-C)")
    .option("--max-bytes <n>", "the size at which to end, such as 500M or 2G")
    .action(async (options: RecordOptions, self: Command) => {
      self.setOptionValue("exitCode", await record(io, options));
    });
}
