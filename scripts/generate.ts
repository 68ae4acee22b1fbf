import { bootstrap, ROOT } from "./bootstrap.ts";

await bootstrap(import.meta.url);
const { generate, staleFiles } = await import("./generate/index.ts");
if (process.argv.includes("--check")) {
  const stale = staleFiles(ROOT);
  for (const text of stale) console.log(text);
  process.exit(stale.length === 0 ? 0 : 1);
}
const { written, problems } = generate(ROOT);
for (const path of written) console.log(`wrote ${path}`);
for (const text of problems) console.log(text);
