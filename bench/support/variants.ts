import { ADAPTIVE_SETTINGS, type AdaptiveSettings } from "../../core/stages/anomalies/index.ts";

/** A setting of detection by its path, and the values it is tried at beside its own. */
export interface Variant {
  readonly name: string;
  readonly settings: AdaptiveSettings;
}

const FACTORS = [0.5, 0.75, 1.5, 2] as const;
/** Whole numbers stay whole, shares stay below 1. */
const WHOLE = new Set(["confirm_trades", "confirmed.orders_min"]);
const SHARES = new Set(["give_back", "confirmed.side_share"]);
const VARIED = [
  "confirmed.limit",
  "confirmed.power",
  "confirmed.orders_min",
  "confirmed.orders_factor",
  "confirmed.volume_factor",
  "confirmed.side_share",
  "confirmed.learning_factor",
  "confirm_trades",
  "print_jump",
  "volume_half_life_ms",
  "learning_ms",
  "fixed.volume_factor",
  "fixed.volume_orders",
  "relative.min",
  "relative.seconds_min",
  "give_back",
  "give_back_ms",
  "quiet_ms",
  "escalate_factor",
  "escalate_min",
] as const;

type Path = (typeof VARIED)[number];

const ruleOf = (path: Path): { group: "confirmed" | "fixed" | "relative" | null; key: string } => {
  const [first = "", second] = path.split(".");
  if (second === undefined) return { group: null, key: first };
  return { group: first as "confirmed" | "fixed" | "relative", key: second };
};

function settingOf(path: Path): number {
  const { group, key } = ruleOf(path);
  const owner: object = group === null ? ADAPTIVE_SETTINGS : ADAPTIVE_SETTINGS[group];
  return (owner as Readonly<Record<string, number>>)[key]!;
}

function changed(path: Path, value: number): AdaptiveSettings {
  const { group, key } = ruleOf(path);
  if (group === null) return { ...ADAPTIVE_SETTINGS, [key]: value };
  return { ...ADAPTIVE_SETTINGS, [group]: { ...ADAPTIVE_SETTINGS[group], [key]: value } };
}

/** Each parameter at half, three quarters, one and a half and twice its value, the others as they are. */
export function variants(): Variant[] {
  return VARIED.flatMap((path) => {
    const own = settingOf(path);
    const values = FACTORS.map((factor) => {
      if (WHOLE.has(path)) return Math.max(1, Math.round(own * factor));
      return SHARES.has(path) ? 1 - (1 - own) / factor : own * factor;
    });
    return [...new Set(values)]
      .filter((value) => value > 0 && value !== own)
      .map((value) => ({ name: `${path}=${Number(value.toPrecision(3))}`, settings: changed(path, value) }));
  });
}
