import { Command } from "commander";
import type { z } from "zod";
import { Bin } from "../../../core/messages/bin.ts";
import { RowReader } from "../../feeds/replay/rows.ts";
import { linesOf, openInput } from "../../ndjson/lines.ts";
import { BadLine } from "../../ndjson/market-line.ts";
import { Refused } from "../io/refused.ts";
import { type Io, LineWriter } from "../io/streams.ts";
import { Bars, Stated } from "./bars.ts";
import { Seconds } from "./bins.ts";
import { type Difference, differences } from "./compare.ts";

interface Options {
  readonly bins: string;
  readonly bars: string;
  readonly json?: true;
}

const EQUAL = 0;
const DIFFERENT = 1;

export function command(io: Io): Command {
  return new Command("validate-aggregates")
    .description("compares bars of one second with the bins they were made of; exit code 1 when they differ")
    .requiredOption("--bins <file>", "bins, NDJSON, .gz too")
    .requiredOption("--bars <file>", "bars, NDJSON, .gz too")
    .option("--json", "one JSON text per difference, and one with the sums")
    .action(async (options: Options, self: Command) => {
      self.setOptionValue("exitCode", await validate(io, options));
    });
}

async function validate(io: Io, options: Options): Promise<number> {
  const inputs = { bins: openInput(options.bins, io.stdin), bars: openInput(options.bars, io.stdin) };
  const seconds = new Seconds();
  const bars = new Bars();
  let isOurs = false;
  const prepare = (given: Record<string, unknown>): Record<string, unknown> => {
    isOurs = given.kind !== undefined;
    return asBin(given);
  };
  const badBins = await readAll(io, "bins", inputs.bins, Bin, prepare, (bin) => seconds.add(bin, isOurs));
  const badBars = await readAll(
    io,
    "bars",
    inputs.bars,
    Stated,
    (given) => given,
    (bar) => bars.add(bar),
  );
  const out = new LineWriter(io.stdout);
  const found = { missing: 0, extra: 0, mismatch: 0 };
  for (const difference of differences(seconds, bars)) {
    found[difference.kind]++;
    if (out.add(options.json === true ? JSON.stringify(difference) : inWords(difference))) await out.flush();
  }
  const latencies = bars.latencies();
  const sums = {
    kind: "summary",
    bins: seconds.bins,
    bars: bars.of.size,
    ...found,
    latency_ms_p95: latencies[Math.ceil(latencies.length * 0.95) - 1] ?? null,
    latency_ms_max: latencies.at(-1) ?? null,
    latency_bars: latencies.length,
    bins_again: seconds.again,
    bins_empty: seconds.empty,
    bars_again: bars.again,
    bars_other_intervals: bars.otherIntervals,
    bad_lines: badBins + badBars,
  };
  for (const line of options.json === true ? [JSON.stringify(sums)] : sumsInWords(sums)) out.add(line);
  await out.flush();
  const nothing = seconds.of.size === 0 && bars.of.size === 0;
  if (nothing)
    io.stderr.write("validate-aggregates: neither file holds a bin with trades or a bar: nothing was compared\n");
  return nothing || found.missing + found.extra + found.mismatch > 0 ? DIFFERENT : EQUAL;
}

type Sums = Record<string, number | string | null>;

async function readAll<T>(
  io: Io,
  what: string,
  input: Parameters<typeof linesOf>[0],
  schema: z.ZodType<T>,
  prepare: (given: Record<string, unknown>) => Record<string, unknown>,
  take: (record: T) => void,
): Promise<number> {
  const rows = new RowReader();
  const refused = new Refused(`validate-aggregates --${what}`, undefined);
  let lines = 0;
  for await (const some of linesOf(input)) {
    for (const line of some) {
      if (line.isBlank) continue;
      lines++;
      try {
        if (line.isTooLong) throw new BadLine("it is too long");
        const given = rows.read(line.text);
        if (given === null) continue;
        const parsed = schema.safeParse(prepare(given));
        if (!parsed.success) {
          const [issue] = parsed.error.issues;
          throw new BadLine(`${issue?.path.join(".") ?? "line"}: ${issue?.message ?? "not as it should be"}`);
        }
        take(parsed.data);
      } catch (cause) {
        if (!(cause instanceof BadLine)) throw cause;
        await refused.line(line, cause.message);
      }
    }
  }
  const said = refused.summary(lines);
  if (said !== null) io.stderr.write(`${said}\n`);
  return refused.bad;
}

/** Bins of other makers lack `kind` and call their lateness otherwise. */
function asBin(given: Record<string, unknown>): Record<string, unknown> {
  given.kind ??= "bin";
  given.max_late_ms ??= given.max_lateness_ms;
  return given;
}

function inWords(difference: Difference): string {
  switch (difference.kind) {
    case "missing":
      return `missing ${difference.bar_id}: ${difference.bins} bins and no bar`;
    case "extra":
      return `extra ${difference.bar_id}: a bar and no bins`;
    case "mismatch": {
      const fields = difference.fields.map(({ field, bar, bins }) => `${field} ${bar}, by its bins ${bins}`);
      return `mismatch ${difference.bar_id}: ${fields.join("; ")}`;
    }
  }
}

function sumsInWords(sums: Sums): string[] {
  const found = `${sums.missing} missing, ${sums.extra} extra, ${sums.mismatch} mismatching`;
  const latency =
    sums.latency_ms_max === null
      ? "latency: no bar says when it went out (ingest_ts_ms)"
      : `latency of ${sums.latency_bars} bars, ingest_ts_ms - end_ts_ms: p95 ${sums.latency_ms_p95} ms, max ${sums.latency_ms_max} ms`;
  const aside = [
    [sums.bins_again, "bins sent again"],
    [sums.bins_empty, "bins without a trade"],
    [sums.bars_again, "earlier statements of bars"],
    [sums.bars_other_intervals, "bars of other intervals"],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, what]) => `${count} ${what}`);
  return [
    `${sums.bars} bars, ${sums.bins} bins: ${found}`,
    latency,
    ...(aside.length === 0 ? [] : [`passed over: ${aside.join(", ")}`]),
  ];
}
