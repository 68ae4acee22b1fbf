import { main } from "../server/main.ts";
import { enginesIn, startEngines } from "./services/with.ts";
import { startViteDev } from "./vite-dev.ts";

const WRONG_USAGE = 2;

/** The product with hot reload of its page, over the real servers that `--with` names. */
export async function develop(argv: readonly string[]): Promise<number> {
  const refuse = (text: string): number => {
    process.stderr.write(`tapebell: ${text}\n`);
    return WRONG_USAGE;
  };
  const wanted = enginesIn(argv);
  if ("refusal" in wanted) return refuse(wanted.refusal);
  // Until the product listens to signals itself; an exit runs what ends the engines.
  const leave = (): never => process.exit(130);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, leave);
  const engines = await startEngines(wanted.engines, (text) => process.stderr.write(`tapebell  ${text}\n`));
  if ("refusal" in engines) return refuse(engines.refusal);
  Object.assign(process.env, engines.env);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, leave);
  try {
    return await main(wanted.rest, { mode: "dev", openDevPage: startViteDev });
  } finally {
    await engines.stop();
  }
}
