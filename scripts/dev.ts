import { bootstrap } from "./bootstrap.ts";

await bootstrap(import.meta.url);
const { endWithParent } = await import("./parent.ts");
endWithParent();
const { develop } = await import("./develop.ts");
process.exit(await develop(process.argv.slice(2)));
