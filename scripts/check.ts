import { bootstrap } from "./bootstrap.ts";

await bootstrap(import.meta.url);
const { runChecks } = await import("./checks/steps.ts");
process.exit((await runChecks()).failed === 0 ? 0 : 1);
