import { ROLLING_FEATURES } from "../messages/rolling.ts";
import type { Names } from "./expression.ts";

/** What rules of the source system call our features. */
const ALSO: Readonly<Record<string, (typeof ROLLING_FEATURES)[number]>> = {
  volatility: "vol",
  returns: "return",
  skewness: "skew",
  kurtosis: "exkurt",
  rsi: "rsi_cutler14",
};

const FEATURE_NAMES: readonly string[] = [...ROLLING_FEATURES, ...Object.keys(ALSO)];

const featureOf = (name: string): string | null => {
  if (Object.hasOwn(ALSO, name)) return ALSO[name]!;
  return (ROLLING_FEATURES as readonly string[]).includes(name) ? name : null;
};

/** Names of a rule over `rolling` records: `<window>_<feature>`, or the feature alone for the window `plain`. */
export function rollingNames(windows: readonly string[], plain: string): Names {
  const prefixed = new Map<string, string>();
  for (const window of windows)
    for (const name of FEATURE_NAMES) prefixed.set(`${window}_${name}`, `${window}_${featureOf(name)}`);
  return {
    key(name) {
      const key = prefixed.get(name);
      if (key !== undefined) return key;
      const feature = featureOf(name);
      return feature === null ? null : `${plain}_${feature}`;
    },
    known: [...FEATURE_NAMES, ...prefixed.keys()],
  };
}
