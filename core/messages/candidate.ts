import { z } from "zod";
import { AlertState, Direction, Ended, Severity } from "./alert.ts";
import { EpochMs, Origin, SymbolName } from "./common.ts";
import { Evidence } from "./evidence.ts";

/** What one partition says about a move. The gate makes the alert of it. */
export const Candidate = z.object({
  kind: z.literal("candidate"),
  origin: Origin.optional(),
  /** The alert's id. */
  id: z.string().min(1).max(200),
  /** Counts this partition's statements from 0. */
  revision: z.number().int().min(0),
  symbol: SymbolName,
  direction: Direction,
  state: AlertState,
  severity: Severity,
  /** Event time it opened; stays. */
  time_ms: EpochMs,
  start_ms: EpochMs,
  updated_ms: EpochMs,
  window: z.string().min(1).max(16),
  ret: z.number(),
  threshold: z.number(),
  evidence: Evidence,
  would_have: z.literal(true).optional(),
  ended: Ended.optional(),
});
export type Candidate = z.infer<typeof Candidate>;

/** What the benchmark (BTC) did, about once a second, so that the gate can say it beside every other move. */
export const Benchmark = z.object({
  kind: z.literal("benchmark"),
  origin: Origin.optional(),
  symbol: SymbolName,
  ts_ms: EpochMs,
  /** Return per window label. */
  returns: z.record(z.string(), z.number()),
});
export type Benchmark = z.infer<typeof Benchmark>;
