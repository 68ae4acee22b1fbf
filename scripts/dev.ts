import { bootstrap } from "./bootstrap.ts";

await bootstrap(import.meta.url);
const { endWithParent } = await import("./parent.ts");
endWithParent();
const { main } = await import("../server/main.ts");
const { startViteDev } = await import("./vite-dev.ts");
process.exit(await main(process.argv.slice(2), { mode: "dev", openDevPage: startViteDev }));
