import { bootstrap } from "./bootstrap.ts";

await bootstrap(import.meta.url);
const { runTests } = await import("./testing/main.ts");
process.exit(await runTests(process.argv.slice(2)));
