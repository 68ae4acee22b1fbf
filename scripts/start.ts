import { bootstrap } from "./bootstrap.ts";

await bootstrap(import.meta.url);
const { main } = await import("../server/main.ts");
process.exit(await main(process.argv.slice(2), { mode: "start" }));
