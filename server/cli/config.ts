import { Command } from "commander";
import { loadSettings } from "../settings/load.ts";
import { settingsOptions } from "./io/options.ts";
import { type Io, LineWriter } from "./io/streams.ts";

interface Options {
  readonly set: readonly string[];
  readonly config?: string;
  readonly json?: true;
}

export function command(io: Io): Command {
  return settingsOptions(new Command("config"))
    .description("the settings in force and where each comes from, secrets hidden")
    .option("--json", "one JSON text per setting")
    .action(async ({ set, config, json }: Options) => {
      const loaded = loadSettings({ env: io.env, cwd: io.cwd, config, sets: set });
      for (const warning of loaded.warnings) io.stderr.write(`config: ${warning}\n`);
      const out = new LineWriter(io.stdout);
      let group = "";
      for (const row of loaded.describe()) {
        if (json !== true && row.group !== group) {
          out.add(`${group === "" ? "" : "\n"}# ${row.group}`);
          group = row.group;
        }
        out.add(
          json === true
            ? JSON.stringify(row)
            : `${row.name}=${row.value}${row.from === "default" ? "" : `  # ${row.from}`}`,
        );
      }
      await out.flush();
    });
}
