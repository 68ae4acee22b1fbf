import { GROUPS, isSettingName, SETTING_NAMES, SETTINGS, type Settings } from "./index.ts";
import { HIDDEN, maskUrl } from "./mask.ts";

export interface Described {
  readonly name: string;
  readonly group: string;
  /** Passwords and keys hidden. */
  readonly value: string;
  readonly from: string;
  readonly meaning: string;
}

/** A value as text, with what is secret hidden. */
export function shown(name: string, value: unknown): string {
  const secrecy = isSettingName(name) ? SETTINGS[name].secrecy : "open";
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return "";
  if (secrecy === "secret") return Array.isArray(value) ? `${HIDDEN} (${value.length})` : HIDDEN;
  const texts = Array.isArray(value) ? value.map(String) : [name === "SYMBOLS" ? symbolsText(value) : String(value)];
  return texts.map((text) => (secrecy === "url" ? maskUrl(text) : text)).join(",");
}

function symbolsText(value: unknown): string {
  const { top, names, exclude } = value as Settings["SYMBOLS"];
  return [...(top === null ? [] : [`top:${top}`]), ...names, ...exclude.map((pattern) => `!${pattern}`)].join(",");
}

/** Every setting in force, in listing order, for the `config` command. */
export function describeSettings(settings: Settings, provenance: ReadonlyMap<string, string>): Described[] {
  const groupOf = new Map(
    Object.entries(GROUPS).flatMap(([group, members]) => Object.keys(members).map((name) => [name, group] as const)),
  );
  const rows: Described[] = SETTING_NAMES.map((name) => ({
    name,
    group: groupOf.get(name) ?? "",
    value: shown(name, settings[name]),
    from: provenance.get(name) ?? "default",
    meaning: SETTINGS[name].meaning,
  }));
  for (const [label, value] of Object.entries(settings.alertThresholds)) {
    const name = `ALERT_THRESHOLD_${label.toUpperCase()}`;
    if (isSettingName(name)) continue;
    rows.push({
      name,
      group: "Windows and alerts",
      value: String(value),
      from: provenance.get(name) ?? "default",
      meaning: `Return over ${label} that alerts`,
    });
  }
  return rows;
}
