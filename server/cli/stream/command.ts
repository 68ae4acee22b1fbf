import { Command } from "commander";
import { settingsOptions } from "../io/options.ts";
import type { Io } from "../io/streams.ts";
import type { InferOptions, MicroBatchOptions } from "./consume.ts";
import type { ProduceOptions } from "./produce.ts";
import { type TailOptions, tail } from "./tail.ts";

const DEAD_LETTER = ["--dead-letter <file>", "where events that could not be used are written"] as const;

export function command(io: Io): Command {
  const stream = new Command("stream").description(
    "look into the topics, or run one producer or consumer of mdp.events",
  );
  settingsOptions(stream.command("tail"))
    .description("the newest records of a topic, one JSON text per line, oldest first")
    .requiredOption("--topic <name>", "such as tape.bars, or another system's: mdp.events, md.events.trade.BTCUSDT")
    .option("--limit <n>", "how many records", "10")
    .option("--follow", "go on with what comes")
    .action((options: TailOptions) => tail(io, options));
  settingsOptions(stream.command("produce"))
    .description("one feed into the log and its topic mdp.events, and nothing else")
    .requiredOption("--provider <feed>", "whose, as FEED says it")
    .option("--symbols <list>", "which markets (default: SYMBOLS)")
    .action(async (options: ProduceOptions, self: Command) => {
      const { produce } = await import("./produce.ts");
      self.setOptionValue("exitCode", await produce(io, options));
    });
  settingsOptions(stream.command("micro-batch"))
    .description("events of mdp.events → bars of a window, as they come")
    .option("--window <length>", "such as 2s (default: micro_batch.window_ms)")
    .option(...DEAD_LETTER)
    .action(async (options: MicroBatchOptions, self: Command) => {
      const { microBatch } = await import("./consume.ts");
      self.setOptionValue("exitCode", await microBatch(io, options));
    });
  settingsOptions(stream.command("infer"))
    .description("events of mdp.events → signals of rules or of a model, as they come")
    .option("--adapter <name>", "rules, or model (sklearn is another name of it)", "rules")
    .option(...DEAD_LETTER)
    .action(async (options: InferOptions, self: Command) => {
      const { infer } = await import("./consume.ts");
      self.setOptionValue("exitCode", await infer(io, options));
    });
  return stream;
}
