import { bootstrap } from "./bootstrap.ts";

await bootstrap(import.meta.url);
const { judgeSeed } = await import("../testkit/simulator/verdict.ts");

/** SEED=7 runs one; without it 20 seeds from the day's number on, so that each day looks elsewhere. */
const { SEED, SEEDS = "20", SECONDS = "200", TRACE } = process.env;
const first = SEED === undefined ? Math.floor(Date.now() / 86_400_000) * 1_000 : Number(SEED);
const count = SEED === undefined ? Number(SEEDS) : 1;
if (![first, count, Number(SECONDS)].every((value) => Number.isSafeInteger(value) && value >= 0)) {
  console.error("SEED, SEEDS and SECONDS are whole numbers: SEED=7 bun run sim");
  process.exit(2);
}

let failed = 0;
for (let seed = first; seed < first + count; seed++) {
  const lines: string[] = [];
  const tell = TRACE === undefined ? {} : { tell: (line: string) => void lines.push(line) };
  const { report, run } = await judgeSeed({ seed, seconds: Number(SECONDS), ...tell });
  if (TRACE !== undefined) await Bun.write(TRACE, lines.join(""));
  if (report !== "") failed++;
  const { crashes, steps, history } = run;
  console.log(report || `seed ${seed}: holds (${crashes} crashes, ${steps} steps, history ${history.slice(0, 16)})`);
}
process.exit(failed === 0 ? 0 : 1);
