import { Command } from "commander";
import { TapebellError } from "../../core/errors.ts";
import { nearest } from "../../core/settings/nearest.ts";
import { VENUES } from "../feeds/venues.ts";
import { checkInput, openInput } from "../ndjson/lines.ts";
import { Decoding, type RecordOut } from "./decode/decoding.ts";
import { Refused } from "./io/refused.ts";
import { type Io, LineWriter } from "./io/streams.ts";

interface Options {
  readonly deadLetter?: string;
}

export function command(io: Io): Command {
  return new Command("decode")
    .description("a raw recording of a venue's frames → normalised records, one JSON text per line")
    .argument("<venue>", `whose frames they are: ${Object.keys(VENUES).join(", ")}`)
    .argument("[file...]", "recordings, .gz too; - or nothing: standard input")
    .option("--dead-letter <file>", "where lines and frames that could not be used are written")
    .action(async (venue: string, files: readonly string[], options: Options, self: Command) => {
      self.setOptionValue("exitCode", await run(io, venue, files, options));
    });
}

async function run(io: Io, name: string, files: readonly string[], { deadLetter }: Options): Promise<number> {
  const load = Object.hasOwn(VENUES, name) ? VENUES[name] : undefined;
  if (load === undefined) {
    const names = Object.keys(VENUES);
    const near = nearest(name, names);
    throw new TapebellError("usage", "unknown_venue", `"${name.slice(0, 80)}" is no venue`, {
      hint: near === null ? `use one of: ${names.join(", ")}` : `did you mean ${near}?`,
    });
  }
  const inputs = files.length === 0 ? ["-"] : files;
  for (const file of inputs) if (file !== "-") checkInput(file);
  const where = `decode ${name}`;
  const refused = new Refused(where, deadLetter, files);
  const decoding = new Decoding(await load(), ndjson(new LineWriter(io.stdout)), refused);
  try {
    for (const file of inputs) await decoding.file(openInput(file, io.stdin));
  } finally {
    await decoding.flush().finally(() => refused.close());
  }
  const { counts } = decoding;
  for (const said of [refused.summary(counts.lines), decoding.summary()]) {
    if (said !== null) io.stderr.write(`${said}\n`);
  }
  return counts.good === 0 && counts.lines > 0 ? 1 : 0;
}

const ndjson = (out: LineWriter): RecordOut => ({
  add: (record) => out.add(JSON.stringify(record)),
  flush: () => out.flush(),
});
