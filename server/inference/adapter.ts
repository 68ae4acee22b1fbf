import type { Rolling, Signal } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ModelSettings } from "../../core/settings/streaming.ts";
import { type ModelSignalsState, modelSignals } from "../../core/stages/signals/model.ts";
import { Breaker } from "./breaker.ts";
import type { Answer, RowFault } from "./evaluator.ts";
import { modelError } from "./model-error.ts";
import type { Model } from "./model-file.ts";
import { type CallFault, ModelFault, ModelPool, type SpawnModelThread } from "./pool.ts";

export interface AdapterOptions {
  readonly model: Model;
  readonly settings: Pick<ModelSettings, "pool_size" | "timeout_ms" | "breaker_failures" | "breaker_open_ms">;
  /** SIGNAL_COOLDOWN_SEC */
  readonly cooldown_ms: number;
  readonly clock: Clock;
  /** So many rows took so long each, on average over their call. */
  readonly took?: (seconds: number, rows: number) => void;
  readonly spawn?: SpawnModelThread;
}

const MAX_SYMBOLS = 5_000;

export interface AdapterCounts {
  /** Rows the model answered. */
  evaluated: number;
  /** Rows with a feature that is not known yet. */
  not_known: number;
  /** Rows it failed on, by reason. */
  failed: Partial<Record<RowFault | CallFault, number>>;
}

/** A model whose threads are there. Rejects with what a person can do when the runtime refuses the model. */
export async function openAdapter(options: AdapterOptions): Promise<ModelAdapter> {
  const adapter = new ModelAdapter(options);
  try {
    await adapter.pool.open();
    return adapter;
  } catch (cause) {
    adapter.close();
    if (!(cause instanceof ModelFault)) throw cause;
    const hint = "export it again with an older target_opset, or in parts the runtime knows";
    throw modelError(options.model.file, `cannot be run: ${cause.message}`, hint, cause);
  }
}

/** A model at work: rows in, signals out. Its failures are counted and end in the breaker, never in an exception. */
export class ModelAdapter {
  readonly breaker: Breaker;
  readonly pool: ModelPool;
  readonly counts: AdapterCounts = { evaluated: 0, not_known: 0, failed: {} };
  readonly state: ModelSignalsState;
  /** The last failure, in words. */
  lastFailure = "";
  private isClosed = false;

  constructor(private readonly options: AdapterOptions) {
    const { model, settings, cooldown_ms, spawn } = options;
    this.breaker = new Breaker({ failures: settings.breaker_failures, open_ms: settings.breaker_open_ms });
    this.pool = new ModelPool(model, { size: settings.pool_size, timeout_ms: settings.timeout_ms }, spawn);
    this.state = modelSignals.init({
      name: model.name,
      sha: model.sha,
      keys: [...new Set(model.features.map(({ key }) => key))],
      min_score: model.min_score,
      min_value: model.min_value,
      cooldown_ms,
      max_symbols: MAX_SYMBOLS,
    });
  }

  /** Judges rows in their order. Returns those the model was not asked about, since the breaker is open. */
  async judge(rows: readonly Rolling[], emit: (signal: Signal) => void): Promise<Rolling[]> {
    const left: Rolling[] = [];
    const calls: Rolling[][] = [rows.filter((row) => this.isKnown(row))];
    for (let call = calls.shift(); call !== undefined && !this.isClosed; call = calls.shift()) {
      if (call.length === 0) continue;
      const state = this.breaker.at(this.options.clock.now());
      if (state === "open") {
        left.push(...call);
        continue;
      }
      if (state === "half_open" && call.length > 1) {
        calls.unshift(call.slice(0, 1), call.slice(1));
        continue;
      }
      const answers = await this.ask(call);
      // Of several rows one may be to blame: asked one by one, the others have their answer.
      if (answers === null && call.length > 1) calls.unshift(...call.map((row) => [row]));
      if (answers === null) continue;
      for (const [i, answer] of answers.entries()) this.take(call[i]!, answer, emit);
    }
    return left;
  }

  /** Ends its threads; rows that are out are given up. */
  close(): void {
    this.isClosed = true;
    this.pool.close();
  }

  private isKnown(row: Rolling): boolean {
    const known = this.options.model.features.every(({ key }) => typeof row[key] === "number");
    if (!known) this.counts.not_known++;
    return known;
  }

  /** Null: it brought nothing at all. */
  private async ask(rows: readonly Rolling[]): Promise<readonly Answer[] | null> {
    const { model, took } = this.options;
    const { features } = model;
    const numbers = new Float64Array(rows.length * features.length);
    rows.forEach((row, i) => {
      features.forEach(({ key }, k) => {
        numbers[i * features.length + k] = row[key] as number;
      });
    });
    try {
      const { answers, ms } = await this.pool.run(numbers);
      took?.(ms / 1_000 / answers.length, answers.length);
      return answers;
    } catch (cause) {
      if (!(cause instanceof ModelFault)) throw cause;
      if (this.isClosed) return null;
      this.fail(cause.fault, cause.message);
      return null;
    }
  }

  private take(row: Rolling, answer: Answer, emit: (signal: Signal) => void): void {
    if ("fault" in answer) {
      this.fail(answer.fault, answer.text);
      return;
    }
    this.counts.evaluated++;
    this.breaker.answered(this.options.clock.now());
    modelSignals.step(this.state, { row, ...answer }, emit);
  }

  private fail(fault: RowFault | CallFault, text: string): void {
    this.counts.failed[fault] = (this.counts.failed[fault] ?? 0) + 1;
    this.lastFailure = text;
    this.breaker.failed(this.options.clock.now());
  }
}
