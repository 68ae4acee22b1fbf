import { Command } from "commander";
import { settingsOptions } from "../io/options.ts";
import type { Io } from "../io/streams.ts";
import { type CaptureOptions, capture } from "./capture.ts";

export function command(io: Io): Command {
  return new Command("replay").description("ticks of a file or server again").addCommand(
    settingsOptions(new Command("capture"))
      .description("ticks → bins and bars in files, without a bus")
      .option("--source <file|url>", "NDJSON ticks or trades, .gz too; - is standard input (default: MOCK_API_URL)")
      .option("--bins <file>", "where bins of REPLAY_BIN_MS are written", "logs/replay.jsonl")
      .option("--bars <file>", "where bars of one second are written", "logs/aggregate.jsonl")
      .option("--dead-letter <file>", "where ticks that could not be used are written", "logs/replay_dlt.jsonl")
      .option("--speed <n|max>", "1 = as it was, 10 = ten times as fast, max = as fast as it can be read", "max")
      .option("--stall-sec <seconds>", "a server that sends nothing for so long has failed; 0 = never", "30")
      .action(async (options: CaptureOptions, self: Command) => {
        self.setOptionValue("exitCode", await capture(io, options));
      }),
  );
}
