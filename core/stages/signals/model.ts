import type { Rolling, Signal } from "../../messages/index.ts";
import type { Stage } from "../../stage.ts";
import { admit, type BySymbol, bySymbol, find } from "../symbols.ts";
import { signalOf } from "./index.ts";

/** What a model said of a row. */
export interface Judgement {
  readonly row: Rolling;
  /** Of a classifier; null: the value is the answer. */
  readonly label: string | null;
  /** Above 0 up, below 0 down, 0 nothing. */
  readonly value: number;
  /** How sure it is; null where it does not say. */
  readonly score: number | null;
}

export interface ModelSignalsSettings {
  /** Of the model: its signals are called so. */
  readonly name: string;
  /** Which one it is of those that had this name. */
  readonly sha: string;
  /** Keys of a row that the model read: a signal says them, so that anyone sees what it was made of. */
  readonly keys: readonly string[];
  /** An answer counts from this score on. */
  readonly min_score: number;
  /** An answer counts from this size on. */
  readonly min_value: number;
  /** SIGNAL_COOLDOWN_SEC, of a symbol and what is said of it. */
  readonly cooldown_ms: number;
  readonly max_symbols: number;
}

interface SymbolSaid {
  ts_ms: number;
  /** What holds now: a label, or `up` and `down`; null: nothing. */
  says: string | null;
  /** When each was last said. */
  said_ms: Record<string, number>;
}

export interface ModelSignalsState {
  settings: ModelSignalsSettings;
  symbols: BySymbol<SymbolSaid>;
  /** Within the cooldown; shown, never silent. */
  cooled: number;
  /** Answers about a row older than the last of its symbol. */
  late: number;
}

const KEYS_SHOWN = 32;

function symbolOf({ symbols, settings }: ModelSignalsState, symbol: string): SymbolSaid {
  const known = find(symbols, symbol);
  if (known !== undefined) return known;
  return admit(symbols, symbol, { ts_ms: -1, says: null, said_ms: {} }, settings.max_symbols, ({ ts_ms }) => ts_ms);
}

const nameOf = (label: string | null, value: number): string => label ?? (value > 0 ? "up" : "down");

/** What a model says → a signal each time it begins to say something else than before, and not nothing. */
export const modelSignals: Stage<ModelSignalsState, Judgement, Signal, ModelSignalsSettings> = {
  version: 1,
  init: (settings) => ({ settings, symbols: bySymbol(), cooled: 0, late: 0 }),
  step(state, { row, label, value, score }, emit) {
    const { name, sha, keys, min_score, min_value, cooldown_ms } = state.settings;
    const one = symbolOf(state, row.symbol);
    if (row.ts_ms < one.ts_ms) {
      state.late++;
      return;
    }
    one.ts_ms = row.ts_ms;
    const counts = value !== 0 && Math.abs(value) >= min_value && (score === null || score >= min_score);
    const says = counts ? nameOf(label, value) : null;
    if (says === one.says) return;
    one.says = says;
    if (says === null) return;
    const last_ms = Object.hasOwn(one.said_ms, says) ? one.said_ms[says]! : null;
    if (last_ms !== null && row.ts_ms - last_ms < cooldown_ms) {
      state.cooled++;
      return;
    }
    Object.defineProperty(one.said_ms, says, {
      value: row.ts_ms,
      enumerable: true,
      writable: true,
      configurable: true,
    });
    const read = keys.slice(0, KEYS_SHOWN).map((key) => [key, row[key] ?? null]);
    const meta: Signal["meta"] = { model: sha, price: row.price, ...Object.fromEntries(read) };
    if (label !== null) meta.label = label;
    emit(signalOf(row, { name, value, score, meta }));
  },
};

/** Takes up what was said before a restart: what still holds is not said again. */
export function recallModelSignal(state: ModelSignalsState, signal: Signal): void {
  if (signal.name !== state.settings.name) return;
  const ts_ms = Date.parse(signal.ts);
  const one = symbolOf(state, signal.symbol);
  if (ts_ms < one.ts_ms) return;
  const label = signal.meta.label;
  const says = nameOf(typeof label === "string" ? label : null, signal.value);
  one.ts_ms = ts_ms;
  one.says = says;
  Object.defineProperty(one.said_ms, says, { value: ts_ms, enumerable: true, writable: true, configurable: true });
}
