import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nearest } from "../../core/settings/nearest.ts";
import { postgres } from "./postgres.ts";
import type { Service } from "./service.ts";

interface Engine {
  readonly service: Service;
  /** What the product is told, out of what the service hands to tests. */
  settings(env: Readonly<Record<string, string>>): Record<string, string>;
}

/** Engines `dev --with` can put beneath the product. Another joins by one line. */
const ENGINES: Readonly<Record<string, Engine>> = {
  postgres: { service: postgres, settings: ({ TEST_POSTGRES_URL = "" }) => ({ DATABASE_URL: TEST_POSTGRES_URL }) },
};

export type Wanted = { readonly engines: readonly string[]; readonly rest: string[] } | { readonly refusal: string };

/** Takes `--with A,B` out of the arguments; what is left is the product's. */
export function enginesIn(argv: readonly string[]): Wanted {
  const engines = new Set<string>();
  const rest: string[] = [];
  const all = Object.keys(ENGINES).join(", ");
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg !== "--with" && !arg.startsWith("--with=")) {
      rest.push(arg);
      continue;
    }
    const names = arg === "--with" ? (argv[++i] ?? "") : arg.slice("--with=".length);
    for (const name of names.split(",").map((one) => one.trim())) {
      if (!Object.hasOwn(ENGINES, name)) {
        const near = nearest(name, Object.keys(ENGINES));
        const hint = near === null ? `use any of: ${all}` : `did you mean ${near}? There are: ${all}`;
        return { refusal: `--with: "${name.slice(0, 80)}" is no engine that can be started; ${hint}` };
      }
      engines.add(name);
    }
  }
  return { engines: [...engines], rest };
}

export type Started =
  | { readonly env: Readonly<Record<string, string>>; stop(): Promise<void> }
  | { readonly refusal: string };

/** Starts engines with throw-away data; `stop` ends exactly those. */
export async function startEngines(names: readonly string[], say: (text: string) => void): Promise<Started> {
  if (names.length === 0) return { env: {}, stop: async () => undefined };
  const tempDir = mkdtempSync(join(tmpdir(), "tapebell-with-"));
  const removeFolder = (): void => rmSync(tempDir, { recursive: true, force: true });
  // Also when somebody ends the process without waiting.
  process.on("exit", removeFolder);
  const running: Service[] = [];
  const stop = async (): Promise<void> => {
    for (const service of running.splice(0).reverse()) await service.stop();
    removeFolder();
    process.off("exit", removeFolder);
  };
  const env: Record<string, string> = {};
  for (const name of names) {
    const { service, settings } = ENGINES[name]!;
    running.push(service);
    const context = { provision: false, tempDir, aptInstall: async () => undefined, say };
    const ready = await service.ensure(context).catch((cause: unknown) => ({
      ok: false as const,
      reason: "it could not be started",
      howToGet: cause instanceof Error ? cause.message.replace(/\s*\n\s*/g, " ") : String(cause),
    }));
    if (!ready.ok) {
      await stop();
      return { refusal: `--with ${name}: ${ready.reason}; ${ready.howToGet}` };
    }
    Object.assign(env, settings(ready.env));
    say(`${name} is there, with data of this run alone`);
  }
  return { env, stop };
}
