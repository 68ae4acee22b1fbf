import { TapebellError } from "../../core/errors.ts";
import { isSettingName, SETTING_NAMES, SETTINGS } from "../../core/settings/index.ts";
import { nearest } from "../../core/settings/nearest.ts";
import { type Given, isKnownName } from "../../core/settings/parse.ts";

/** Flags that belong to the command itself: `value` takes one, `switch` does not. */
export type OwnFlags = Readonly<Record<string, "value" | "switch">>;

export interface Flags {
  readonly config: string | null;
  readonly sets: readonly string[];
  /** `--port 9000`, `--PORT=9000`, `--log-level debug`. */
  readonly given: readonly Given[];
  readonly own: Readonly<Record<string, string | true>>;
  readonly rest: readonly string[];
}

export function readFlags(argv: readonly string[], own: OwnFlags = {}): Flags {
  const sets: string[] = [];
  const given: Given[] = [];
  const mine: Record<string, string | true> = {};
  const rest: string[] = [];
  let config: string | null = null;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === "--") {
      rest.push(...argv.slice(i + 1));
      break;
    }
    if (!word.startsWith("--")) {
      rest.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const flag = equals === -1 ? word : word.slice(0, equals);
    const name = flag.slice(2);
    const inline = equals === -1 ? null : word.slice(equals + 1);
    const next = argv[i + 1];
    const value = (): string => {
      if (inline !== null) return inline;
      if (next === undefined || next.startsWith("--")) throw wrong(`${flag} needs a value`, `write ${flag}=…`);
      i++;
      return next;
    };
    const setting = name.toUpperCase().replaceAll("-", "_");
    if (name === "config") config = value();
    else if (name === "set") sets.push(value());
    else if (own[name] === "value") mine[name] = value();
    else if (own[name] === "switch") mine[name] = inline === null ? true : wrongSwitch(flag);
    else if (isKnownName(setting)) {
      const lone = inline === null && (next === undefined || next.startsWith("--"));
      given.push({ name: setting, text: lone && isSwitch(setting) ? "true" : value(), from: `the flag ${flag}` });
    } else throw unknown(flag, setting, own);
  }
  return { config, sets, given, own: mine, rest };
}

const isSwitch = (name: string): boolean => isSettingName(name) && SETTINGS[name].allowed === "true or false";

function unknown(flag: string, setting: string, own: OwnFlags): TapebellError {
  const near = nearest(flag.slice(2), ["config", "set", ...Object.keys(own)]) ?? nearest(setting, SETTING_NAMES);
  const shown = flag.length > 80 ? `${flag.slice(0, 80)}…` : flag;
  const meant = near === null ? null : isSettingName(near) ? near.toLowerCase().replaceAll("_", "-") : near;
  return new TapebellError("usage", "unknown_flag", `${shown} is no flag and no setting`, {
    hint: meant === null ? "`tapebell config` lists all settings" : `did you mean --${meant}?`,
  });
}

const wrong = (message: string, hint: string): TapebellError =>
  new TapebellError("usage", "bad_flag", message, { hint });

function wrongSwitch(flag: string): never {
  throw wrong(`${flag} takes no value`, `write ${flag} alone`);
}
