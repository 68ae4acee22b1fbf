import { z } from "zod";
import { Origin, SymbolName } from "./common.ts";
import { isoMicros } from "./trade.ts";

/** Two signals that nobody has to configure: no rule and no model may be called so. */
const DIRECTIONS = ["long", "short"] as const;
export const isOwnSignal = (name: string): boolean => DIRECTIONS.some((own) => own === name);

/** What a rule, a model or the long/short conditions say of a symbol: Signal v1, with an id. */
export const Signal = z.object({
  ver: z.literal(1).default(1),
  kind: z.literal("signal").default("signal"),
  origin: Origin.optional(),
  id: z.string().min(1).max(300),
  provider: z.string().min(1).max(64),
  symbol: SymbolName,
  /** Event time. */
  ts: z.iso.datetime({ offset: true }),
  name: z.string().min(1).max(100),
  value: z.number(),
  score: z.number().nullable(),
  direction: z.enum(DIRECTIONS).optional(),
  meta: z.record(z.string().max(100), z.union([z.number(), z.string().max(500), z.boolean(), z.null()])),
});
export type Signal = z.infer<typeof Signal>;

/** Signal v1 as other systems read and write it: no id, no origin. */
export const SignalV1 = Signal.pick({
  ver: true,
  provider: true,
  symbol: true,
  ts: true,
  name: true,
  value: true,
  score: true,
  meta: true,
});
export type SignalV1 = z.infer<typeof SignalV1>;

/** The same signal made again has the same id. */
export function signalId(provider: string, symbol: string, ts: string, name: string): string {
  return `${provider}|${symbol}|${ts}|${name}`;
}

/** A signal's time as its id spells it. */
export const signalTime = (ts_ms: number): string => isoMicros(ts_ms);

export const toSignalV1 = ({ ver, provider, symbol, ts, name, value, score, meta }: Signal): SignalV1 => ({
  ver,
  provider,
  symbol,
  ts,
  name,
  value,
  score,
  meta,
});

export const fromSignalV1 = (signal: SignalV1): Signal => ({
  ...signal,
  kind: "signal",
  id: signalId(signal.provider, signal.symbol, signal.ts, signal.name),
});
