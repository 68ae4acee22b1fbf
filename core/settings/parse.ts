import { defaultThreshold } from "../stages/metrics/settings.ts";
import { FLAT_PATHS } from "./flat-paths.ts";
import { windowMs } from "./groups/graph.ts";
import { isSettingName, SETTING_NAMES, SETTINGS, type SettingName, type Settings } from "./index.ts";
import { HIDDEN, maskRefused } from "./mask.ts";
import { nearest } from "./nearest.ts";
import { RULES } from "./rules.ts";
import { positive } from "./setting.ts";
import { SECTIONS, STREAMING_PATHS, Streaming } from "./streaming.ts";

/** One thing a person said, and where. Later entries win over earlier ones. */
export interface Given {
  readonly name: string;
  readonly text: string;
  /** "the environment", ".env line 3", "streaming.yaml line 7", "the flag --port". */
  readonly from: string;
  /** An empty text counts as not said where the setting has no empty value: shells and compose files pass such on. */
  readonly emptyIsUnset?: boolean;
}

export interface Problem {
  readonly code: "unknown_setting" | "bad_setting";
  /** Names key, value, source and what is allowed. */
  readonly text: string;
  readonly hint: string | null;
}

export interface Parsed {
  /** Null when there are problems. */
  readonly settings: Settings | null;
  /** Where each value that is not a default comes from. */
  readonly provenance: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Two names of one thing: whichever is said later counts for both. */
const TWINS: Readonly<Partial<Record<SettingName, SettingName>>> = {
  KAFKA_BROKERS: "KAFKA_BROKERS_RAW",
  KAFKA_BROKERS_RAW: "KAFKA_BROKERS",
  REDIS_URL: "REDIS_URI",
  REDIS_URI: "REDIS_URL",
};
/** Said in one breath with its twin, this one gives way. */
export const givesWay = (name: string): boolean => name === "KAFKA_BROKERS_RAW" || name === "REDIS_URI";

const THRESHOLD = /^ALERT_THRESHOLD_([0-9]+[A-Z])$/;
const threshold = positive(1_000);

/** The label a threshold name speaks of; null when the name is no such name. */
function thresholdLabel(name: string): string | null {
  const label = THRESHOLD.exec(name)?.[1]?.toLowerCase() ?? "";
  return windowMs(label) === null ? null : label;
}

export const isKnownName = (name: string): boolean => isSettingName(name) || thresholdLabel(name) !== null;

function unknownName(name: string, from: string): Problem {
  const near =
    nearest(name.toUpperCase(), SETTING_NAMES) ??
    nearest(name, [...SECTIONS, ...Object.keys(FLAT_PATHS), ...STREAMING_PATHS]);
  return {
    code: "unknown_setting",
    text: `${shortened(name)} (from ${from}) is no setting`,
    hint: near === null ? "`tapebell config` lists all settings" : `did you mean ${near}?`,
  };
}

/** Turns what was said, and the sections of streaming.yaml, into settings; every value said is checked, used or not. */
export function parseSettings(
  given: readonly Given[],
  sections: unknown = {},
  sectionFrom: (path: readonly string[]) => string = () => "the file",
): Parsed {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const provenance = new Map<string, string>();
  const values: Record<string, unknown> = {};
  const thresholds = new Map<string, number>();
  for (const name of SETTING_NAMES) values[name] = SETTINGS[name].schema.parse(SETTINGS[name].fallback);

  for (const one of given) {
    const label = thresholdLabel(one.name);
    const known = isSettingName(one.name) ? SETTINGS[one.name] : null;
    if (known === null && label === null) {
      problems.push(unknownName(one.name, one.from));
      continue;
    }
    const schema = known?.schema ?? threshold.schema;
    const result = schema.safeParse(one.text);
    if (!result.success) {
      if (one.text.trim() === "" && one.emptyIsUnset === true) continue;
      const secrecy = known?.secrecy ?? "open";
      const shown = secrecy === "open" ? one.text : secrecy === "url" ? maskRefused(one.text) : HIDDEN;
      problems.push(refused(one.name, shortened(shown), one.from, known?.allowed ?? threshold.allowed));
      continue;
    }
    const twin = isSettingName(one.name) ? TWINS[one.name] : undefined;
    for (const name of twin === undefined ? [one.name] : [one.name, twin]) {
      provenance.set(name, one.from);
      if (known !== null) values[name] = result.data;
    }
    if (label !== null && typeof result.data === "number") thresholds.set(label, result.data);
  }
  const streaming = Streaming.safeParse(sections);
  if (!streaming.success) problems.push(...sectionProblems(streaming.error.issues, sections, sectionFrom));
  if (problems.length > 0 || !streaming.success) return { settings: null, provenance, problems, warnings };

  const draft = { ...values, streaming: streaming.data, alertThresholds: {} } as unknown as Settings;
  const settings = { ...draft, alertThresholds: alertThresholds(draft, thresholds, warnings) };
  for (const rule of RULES) {
    const text = rule(settings);
    if (text !== null) problems.push({ code: "bad_setting", text, hint: null });
  }
  return { settings: problems.length === 0 ? settings : null, provenance, problems, warnings };
}

/** A window nobody gave a threshold takes the stages' own default, and says so. */
function alertThresholds(settings: Settings, said: Map<string, number>, warnings: string[]): Record<string, number> {
  const result: Record<string, number> = {};
  const declared: Record<string, number> = {
    "1m": settings.ALERT_THRESHOLD_1M,
    "5m": settings.ALERT_THRESHOLD_5M,
    "15m": settings.ALERT_THRESHOLD_15M,
  };
  for (const label of settings.WINDOW_LABELS) {
    const own = said.get(label) ?? declared[label];
    const value = own ?? defaultThreshold(label, windowMs(label) ?? 0);
    result[label] = value;
    if (own === undefined)
      warnings.push(`ALERT_THRESHOLD_${label.toUpperCase()} is not set: ${label} alerts at ${value}`);
  }
  return result;
}

function refused(name: string, shown: string, from: string, allowed: string): Problem {
  return { code: "bad_setting", text: `${name}=${shown} (from ${from}): allowed is ${allowed}`, hint: null };
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function sectionProblems(
  issues: readonly Issue[],
  sections: unknown,
  from: (path: readonly string[]) => string,
): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys")
      return (issue.keys ?? []).map((key) => unknownName([...path, key].join("."), from([...path, key])));
    const value = path.reduce<unknown>(
      (node, key) => (isRecord(node) || Array.isArray(node) ? Reflect.get(node, key) : undefined),
      sections,
    );
    return [refused(path.join("."), shortened(JSON.stringify(value) ?? "(missing)"), from(path), issue.message)];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Hostile or just long values must not fill the line; control characters must not move the cursor. */
function shortened(text: string): string {
  const plain = Array.from(text, (c) =>
    c < " " || c === "\u007f" ? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}` : c,
  ).join("");
  return plain.length > 120 ? `${plain.slice(0, 120)}…` : plain;
}
