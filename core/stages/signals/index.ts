import { type Features, type Rolling, type Signal, signalId, signalTime } from "../../messages/index.ts";
import { type CompiledRule, compileRules, type RuleSet } from "../../rules/rules.ts";
import type { Stage } from "../../stage.ts";
import { admit, type BySymbol, bySymbol, find } from "../symbols.ts";

export interface SignalsSettings {
  /** SIGNAL_RETURN_THRESHOLD */
  readonly return_above: number;
  /** SIGNAL_VOLUME_THRESHOLD */
  readonly volume_above: number;
  /** SIGNAL_SPREAD_MAX_BPS */
  readonly spread_below_bps: number;
  /** SIGNAL_COOLDOWN_SEC, of a symbol and name. */
  readonly cooldown_ms: number;
  /** Checked by `readRules`; null = none. */
  readonly rules: RuleSet | null;
  readonly max_symbols: number;
}

export const SIGNALS_SETTINGS: SignalsSettings = {
  return_above: 0.003,
  volume_above: 1,
  spread_below_bps: 20,
  cooldown_ms: 10_000,
  rules: null,
  max_symbols: 5_000,
};

/** One signal of one symbol. */
interface Edge {
  /** Since when its condition holds; null = it does not. */
  since_ms: number | null;
  /** That it holds was said, or kept quiet by the cooldown. */
  isDone: boolean;
  /** When it was last said; null = never. */
  said_ms: number | null;
}

interface SymbolSignals {
  features_ms: number;
  rolling_ms: number;
  long: Edge;
  short: Edge;
  rules: Edge[];
}

export interface SignalsState {
  settings: SignalsSettings;
  symbols: BySymbol<SymbolSignals>;
  /** Edges within the cooldown; shown, never silent. */
  cooled: number;
  /** Records older than the last of their kind and symbol. */
  late: number;
}

/** Closures are no state: made again from the rules after a restart. */
const compiled = new WeakMap<RuleSet, CompiledRule[]>();
function rulesOf({ rules }: SignalsSettings): readonly CompiledRule[] {
  if (rules === null) return [];
  let made = compiled.get(rules);
  if (made === undefined) {
    made = compileRules(rules);
    compiled.set(rules, made);
  }
  return made;
}

const edge = (): Edge => ({ since_ms: null, isDone: false, said_ms: null });

function symbolOf(state: SignalsState, symbol: string): SymbolSignals {
  const known = find(state.symbols, symbol);
  if (known !== undefined) return known;
  const rules = rulesOf(state.settings).map(edge);
  const one = { features_ms: -1, rolling_ms: -1, long: edge(), short: edge(), rules };
  return admit(state.symbols, symbol, one, state.settings.max_symbols, ({ features_ms, rolling_ms }) =>
    Math.max(features_ms, rolling_ms),
  );
}

/** True once each time the condition holds, when it has held so long and its last signal is long enough ago. */
function rises(state: SignalsState, one: Edge, holds: boolean, ts_ms: number, hold_ms = 0): boolean {
  if (!holds) {
    one.since_ms = null;
    one.isDone = false;
    return false;
  }
  one.since_ms ??= ts_ms;
  if (one.isDone || ts_ms - one.since_ms < hold_ms) return false;
  one.isDone = true;
  if (one.said_ms !== null && ts_ms - one.said_ms < state.settings.cooldown_ms) {
    state.cooled++;
    return false;
  }
  one.said_ms = ts_ms;
  return true;
}

/** What a signal says, without of what and when. */
type Said = Pick<Signal, "name" | "value" | "score" | "meta"> & { readonly direction?: "long" | "short" };

export function signalOf(record: Features | Rolling, said: Said): Signal {
  const { provider, symbol, origin } = record;
  const ts = signalTime(record.ts_ms);
  return {
    ver: 1,
    kind: "signal",
    ...(origin === undefined ? {} : { origin }),
    id: signalId(provider, symbol, ts, said.name),
    provider,
    symbol,
    ts,
    ...said,
  };
}

const DIRECTIONS = [
  ["long", 1],
  ["short", -1],
] as const;

function takeFeatures(state: SignalsState, one: SymbolSignals, record: Features, emit: (out: Signal) => void): void {
  const { settings } = state;
  const { return_10s, trade_volume_10s, spread_bps, mid, ts_ms } = record;
  const isOpen =
    return_10s !== null &&
    spread_bps !== null &&
    trade_volume_10s > settings.volume_above &&
    spread_bps < settings.spread_below_bps;
  for (const [direction, sign] of DIRECTIONS) {
    const holds = isOpen && sign * return_10s > settings.return_above;
    if (!rises(state, one[direction], holds, ts_ms)) continue;
    const meta = { window: "10s", return_10s, trade_volume_10s, spread_bps, mid };
    emit(signalOf(record, { name: direction, value: sign, score: 1, direction, meta }));
  }
}

function takeRolling(state: SignalsState, one: SymbolSignals, record: Rolling, emit: (out: Signal) => void): void {
  rulesOf(state.settings).forEach(({ rule, condition }, i) => {
    if (!rises(state, one.rules[i]!, condition(record) === true, record.ts_ms, rule.hold_ms)) return;
    const { name, signal: value, score, window } = rule;
    emit(signalOf(record, { name, value, score, meta: { window, price: record.price } }));
  });
}

/** Features → long and short; rolling features → what the rules say. One signal each time a condition begins to hold. */
export const signals: Stage<SignalsState, Features | Rolling, Signal, SignalsSettings> = {
  version: 3,
  init(settings) {
    rulesOf(settings);
    return { settings, symbols: bySymbol(), cooled: 0, late: 0 };
  },
  step(state, record, emit) {
    const one = symbolOf(state, record.symbol);
    const clock = record.kind === "features" ? "features_ms" : "rolling_ms";
    if (record.ts_ms < one[clock]) {
      state.late++;
      return;
    }
    one[clock] = record.ts_ms;
    if (record.kind === "features") takeFeatures(state, one, record, emit);
    else takeRolling(state, one, record, emit);
  },
};
