import { z } from "zod";
import { TapebellError } from "../errors.ts";
import { intervalMs } from "../messages/bar.ts";
import { isOwnSignal } from "../messages/signal.ts";
import { compile, type Names } from "./expression.ts";
import { rollingNames } from "./names.ts";
import type { Condition } from "./operators.ts";

const RULES_MAX = 1_000;

const Rule = z.strictObject({
  name: z.string().regex(/^[^|\s][^|]{0,99}$/, "a name of at most 100 characters without |"),
  condition: z.string(),
  /** What the signal says: 1 up, −1 down, 0 neither. */
  signal: z.number(),
  score: z.number().min(0).max(1),
  /** The window that plain names such as `rsi` belong to in this rule. */
  window: z.string().optional(),
  /** How long the condition must hold without a break before it is said, such as "60s". */
  for: z.string().optional(),
});
type Rule = z.infer<typeof Rule>;

const Rules = z.array(Rule).max(RULES_MAX);
/** The window that plain names belong to unless a rule says otherwise; a list of rules alone says none. */
const RuleFile = z.strictObject({ window: z.string().optional(), rules: Rules });

/** Checked, as plain data: what a stage is set up with. */
export interface RuleSet {
  readonly windows: readonly string[];
  readonly rules: readonly (Omit<Rule, "for"> & { readonly window: string; readonly hold_ms: number })[];
}

export interface CompiledRule {
  readonly rule: RuleSet["rules"][number];
  readonly condition: Condition;
}

interface Place {
  /** From 0. */
  readonly rule: number;
  /** In the condition, from 1. */
  readonly line: number;
  readonly column: number;
}

/** Which rule is wrong, and where in its condition. */
function inRule(cause: unknown, rule: number, name: string): unknown {
  if (!(cause instanceof TapebellError)) return cause;
  const place: Place = { rule, ...(cause.cause as Omit<Place, "rule">) };
  return new TapebellError("usage", "bad_rule", `rule ${rule + 1}, "${name}", condition ${cause.message}`, {
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    cause: place,
  });
}

/** The place of an error of `readRules`; null if it is not in a condition. */
export const ruleErrorAt = (error: TapebellError): Place | null =>
  error.code === "bad_rule" ? (error.cause as Place) : null;

/** A rule file as parsed from YAML → rules that are known to compile over these windows. */
export function readRules(given: unknown, windows: readonly string[]): RuleSet {
  const [first] = windows;
  const wrong = (what: string, hint: string): TapebellError => new TapebellError("usage", "bad_rules", what, { hint });
  if (first === undefined) throw wrong("rules need a window", "name one in features.windows");
  const parsed = RuleFile.safeParse(Array.isArray(given) ? { rules: given } : given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const [, index, field] = issue?.path ?? [];
    const where =
      typeof index === "number" ? `rule ${index + 1}${field === undefined ? "" : `, ${String(field)}`}` : "rules";
    throw wrong(
      `${where}: ${issue?.message}`,
      "give a list; each rule has name, condition, signal and score, and may have window and for",
    );
  }
  const file = parsed.data;
  const seen = new Set<string>();
  const rules = file.rules.map((rule, i) => {
    const window = rule.window ?? file.window ?? first;
    if (!windows.includes(window))
      throw wrong(`rule ${i + 1}, "${rule.name}": there is no window "${window}"`, `known: ${windows.join(", ")}`);
    if (seen.has(rule.name))
      throw wrong(`rule ${i + 1}: the name "${rule.name}" is there twice`, "give each rule a name of its own");
    // Of two signals of one name, symbol and time the second is taken for the first, sent again.
    if (isOwnSignal(rule.name))
      throw wrong(`rule ${i + 1}: "${rule.name}" is the name of a signal of ours`, "give it another name");
    seen.add(rule.name);
    const { for: hold, ...said } = rule;
    const hold_ms = hold === undefined ? 0 : intervalMs(hold);
    if (hold_ms === null)
      throw wrong(`rule ${i + 1}, "${rule.name}": for: "${hold}" is no length`, "write it as 30s or 5m");
    return { ...said, window, hold_ms };
  });
  const set: RuleSet = { windows, rules };
  compileRules(set);
  return set;
}

export function compileRules(
  set: RuleSet,
  namesOf: (window: string) => Names = (window) => rollingNames(set.windows, window),
): CompiledRule[] {
  return set.rules.map((rule, i) => {
    try {
      return { rule, condition: compile(rule.condition, namesOf(rule.window)) };
    } catch (cause) {
      throw inRule(cause, i, rule.name);
    }
  });
}
