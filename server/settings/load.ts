import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { TapebellError } from "../../core/errors.ts";
import { type Described, describeSettings } from "../../core/settings/describe.ts";
import { flatName } from "../../core/settings/flat-paths.ts";
import { SETTING_NAMES, type Settings } from "../../core/settings/index.ts";
import { NOT_YET } from "../../core/settings/not-yet.ts";
import { type Given, givesWay, isKnownName, type Problem, parseSettings } from "../../core/settings/parse.ts";
import { SECTIONS } from "../../core/settings/streaming.ts";
import { parseEnvFile } from "./env-file.ts";
import { looksLikeOurs } from "./environment.ts";
import { type OwnFlags, readFlags } from "./flags.ts";
import { readYaml, yamlValue } from "./yaml-file.ts";

export interface LoadOptions {
  readonly argv?: readonly string[];
  /** The process's own unless a test says otherwise: nobody else reads the environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** A YAML file, when the caller reads its own flags; `--config` in argv wins. */
  readonly config?: string | undefined;
  /** `KEY=VALUE` or `path.of.yaml=VALUE`, as `--set` takes them. */
  readonly sets?: readonly string[];
  /** Flags in argv that belong to the command and are handed back. */
  readonly ownFlags?: OwnFlags;
  /** Names that `--set` takes besides the settings (INTERVAL of `stage bars`). */
  readonly extras?: readonly string[];
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Where each value that is not a default comes from. */
  readonly provenance: ReadonlyMap<string, string>;
  /** One line each, for the log of the start. */
  readonly warnings: readonly string[];
  readonly flags: Readonly<Record<string, string | true>>;
  /** What in argv is no flag. */
  readonly rest: readonly string[];
  readonly extras: Readonly<Record<string, string>>;
  /** Every setting in force, secrets hidden. */
  describe(): Described[];
}

const FILE_MAX_BYTES = 1024 * 1024;

/** Defaults, YAML, .env, environment, flags: later wins. Throws a `usage` error that names what is wrong and where. */
export function loadSettings(options: LoadOptions = {}): LoadedSettings {
  const { env = process.env, cwd = process.cwd() } = options;
  const flags = readFlags(options.argv ?? [], options.ownFlags);
  const dotenvPath = join(cwd, ".env");
  const dotenv = parseEnvFile(readText(dotenvPath, ".env", true) ?? "", ".env");
  const dotenvTexts = new Map(dotenv.map((line) => [line.name, line.text]));

  const configFile = flags.config ?? options.config ?? null;
  const yaml =
    configFile === null
      ? { given: [], sections: {}, from: () => "the flags" }
      : readYaml(readText(resolve(cwd, configFile), configFile, false) ?? "", configFile, (name) =>
          env[name] !== undefined ? env[name] : dotenvTexts.get(name),
        );

  const extras: Record<string, string> = {};
  const fromFlags: Given[] = [...flags.given];
  const overlaid = new Set<string>();
  for (const pair of [...(options.sets ?? []), ...flags.sets]) {
    const { name, text } = splitPair(pair);
    const path = name.split(".");
    const flat = name.includes(".") ? flatName(name) : name.toUpperCase();
    if (options.extras?.includes(name.toUpperCase()) === true) extras[name.toUpperCase()] = text;
    else if (flat !== null && isKnownName(flat)) fromFlags.push({ name: flat, text, from: "the flag --set" });
    else if (flat === null && SECTIONS.includes(path[0]!)) {
      overlay(yaml.sections, path, yamlValue(text));
      overlaid.add(name);
    } else fromFlags.push({ name, text, from: "the flag --set" });
  }

  const warnings: string[] = [];
  const given: Given[] = [
    ...yaml.given,
    ...dotenv.map(({ name, text, line }) => ({ name, text, from: `.env line ${line}`, emptyIsUnset: true })),
    ...fromEnvironment(env, warnings),
    ...fromFlags,
  ];
  const parsed = parseSettings(given, yaml.sections, (path) =>
    overlaid.has(path.join(".")) ? "the flag --set" : yaml.from(path),
  );
  if (parsed.settings === null) throw refusal(parsed.problems);
  const { settings, provenance } = parsed;
  const idle = NOT_YET.filter((name) => provenance.has(name));
  if (idle.length > 0) warnings.push(`set, but with no effect yet: ${idle.join(", ")}`);
  return {
    settings,
    provenance,
    warnings: [...warnings, ...parsed.warnings],
    flags: flags.own,
    rest: flags.rest,
    extras,
    describe: () => describeSettings(settings, provenance),
  };
}

function fromEnvironment(env: NonNullable<LoadOptions["env"]>, warnings: string[]): Given[] {
  const given: Given[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined) continue;
    if (isKnownName(name)) given.push({ name, text, from: "the environment", emptyIsUnset: true });
    else {
      const near = looksLikeOurs(name, SETTING_NAMES);
      if (near !== null)
        warnings.push(`${name} in the environment is no setting${near === "" ? "" : `; did you mean ${near}?`}`);
    }
  }
  return given.sort((a, b) => Number(givesWay(b.name)) - Number(givesWay(a.name)));
}

function splitPair(pair: string): { name: string; text: string } {
  const equals = pair.indexOf("=");
  if (equals > 0) return { name: pair.slice(0, equals).trim(), text: pair.slice(equals + 1) };
  throw new TapebellError("usage", "bad_flag", `--set ${pair.slice(0, 80)} is not KEY=VALUE`, {
    hint: "for example --set PORT=9000",
  });
}

function overlay(sections: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let node = sections;
  for (const key of path.slice(0, -1)) {
    const child = Object.hasOwn(node, key) ? node[key] : undefined;
    const next: Record<string, unknown> =
      typeof child === "object" && child !== null && !Array.isArray(child) ? (child as Record<string, unknown>) : {};
    Object.defineProperty(node, key, { value: next, enumerable: true, writable: true, configurable: true });
    node = next;
  }
  Object.defineProperty(node, path[path.length - 1]!, { value, enumerable: true, writable: true, configurable: true });
}

function readText(path: string, shown: string, optional: boolean): string | null {
  const bytes = readBytes(path, shown, optional);
  if (bytes === null) return null;
  if (bytes.length > FILE_MAX_BYTES) throw unreadable(shown, `is larger than ${FILE_MAX_BYTES} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(shown, "is not UTF-8 text");
  }
}

function readBytes(path: string, shown: string, optional: boolean): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (optional && code === "ENOENT") return null;
    throw unreadable(shown, code === "ENOENT" ? "does not exist" : `cannot be read (${code})`);
  }
}

const unreadable = (file: string, what: string): TapebellError =>
  new TapebellError("usage", "bad_config_file", `${file} ${what}`, { hint: "name a readable text file" });

/** One line whatever the number of problems: the first in full, the others by name. */
function refusal(problems: readonly Problem[]): TapebellError {
  const [first, ...others] = problems;
  if (first === undefined) throw new TapebellError("bug", "invariant", "settings refused without a problem");
  const more = others.slice(0, 5).map((one) => one.text);
  const left = others.length - more.length;
  const text = [first.text, ...more, ...(left > 0 ? [`and ${left} more`] : [])].join("; ");
  const hint = problems.find((one) => one.hint !== null)?.hint;
  return new TapebellError("usage", first.code, text, hint === null || hint === undefined ? {} : { hint });
}
