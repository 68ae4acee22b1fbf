import type { AdaptiveSettings, RuleName } from "../settings.ts";
import type { RuleStates } from "../symbol.ts";
import { confirmed } from "./confirmed.ts";
import { fixed } from "./fixed.ts";
import { relative } from "./relative.ts";
import type { Rule } from "./rule.ts";

/** The list. A rule joins with its file and one line here. */
export const RULES: Readonly<Record<RuleName, Rule<unknown>>> = {
  confirmed: confirmed as Rule<unknown>,
  relative: relative as Rule<unknown>,
  fixed: fixed as Rule<unknown>,
};

export function ruleStates(settings: AdaptiveSettings): RuleStates {
  const states: Record<string, unknown> = {};
  for (const name of settings.rules) states[name] = RULES[name].init(settings);
  return states as RuleStates;
}
