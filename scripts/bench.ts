import { bootstrap } from "./bootstrap.ts";

await bootstrap(import.meta.url);
const { runBenches } = await import("../bench/run.ts");
process.exit(await runBenches(process.argv.slice(2)));
