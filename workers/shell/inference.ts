import { TapebellError } from "../../core/errors.ts";
import type { PartStatus, Rolling, Signal } from "../../core/messages/index.ts";
import type { ModelSettings } from "../../core/settings/streaming.ts";
import { recallModelSignal } from "../../core/stages/signals/model.ts";
import { TOPICS } from "../../core/topics.ts";
import { type ModelAdapter, openAdapter } from "../../server/inference/adapter.ts";
import { Figures } from "../../server/inference/figures.ts";
import { Intake } from "../../server/inference/intake.ts";
import { readModel, stampOf } from "../../server/inference/model-file.ts";
import type { Meanwhile } from "../../server/inference/stand-in.ts";
import { decode } from "./decode.ts";
import type { RoleContext } from "./thread.ts";

export interface InferenceOptions extends Pick<RoleContext, "bus" | "clock" | "log" | "origin"> {
  readonly model: ModelSettings;
  /** Names of the windows there are. */
  readonly windows: readonly string[];
  /** Where a path is looked up from. */
  readonly cwd: string;
  /** SIGNAL_COOLDOWN_SEC */
  readonly cooldown_ms: number;
  /** Who judges rows while the model cannot. */
  readonly meanwhile: Meanwhile;
}

/** Small enough that a symbol's turn comes soon. */
const ROWS_PER_CALL = 64;
/** Signals looked at after a start, so that what still holds is not said again. */
const RECALLED = 1_000;
const LOOK_EVERY_MS = 1_000;
const RETRY_BASE_MS = 100;
const RETRY_CAP_MS = 5_000;

/**
 * `tape.rolling` → a model → `tape.signals`. It reads whatever is newest and holds nobody up; a model that cannot be used
 * takes nothing else down, and one that is put right on disk is taken up.
 */
export class InferenceRunner {
  private readonly intake: Intake;
  private readonly figures = new Figures();
  private readonly calls = new Set<Promise<void>>();
  private adapter: ModelAdapter | null = null;
  /** Why the file on disk cannot be used. */
  private problem: string | null = null;
  private stamps = { tried: "", seen: "" };
  /** How often the file on disk could not be used. */
  private refused = 0;
  private unjudged = 0;
  /** Signals in the log. */
  private readonly said = { model: 0, rules: 0 };
  /** Signals that wait for the bus. */
  private publishing: string | null = null;
  private woken = Promise.withResolvers<void>();
  private failure: unknown = null;

  constructor(private readonly options: InferenceOptions) {
    this.intake = new Intake(options.model.queue_max);
  }

  async run(signal: AbortSignal): Promise<void> {
    const fall = new AbortController();
    const stop = AbortSignal.any([signal, fall.signal]);
    stop.addEventListener("abort", () => {
      this.adapter?.close();
      this.wake();
    });
    try {
      await Promise.all([this.read(stop), this.look(stop), this.work(stop)]);
    } finally {
      fall.abort();
      await Promise.allSettled(this.calls);
    }
  }

  status(): PartStatus {
    const { clock, origin } = this.options;
    const { adapter } = this;
    const isWell =
      adapter !== null && this.problem === null && this.publishing === null && adapter.breaker.state === "closed";
    const failed = Object.values(adapter?.counts.failed ?? {}).reduce((a, b) => a + b, 0);
    return {
      kind: "part_status",
      origin,
      part: "inference",
      ts_ms: clock.now(),
      state: adapter === null && this.problem === null ? "starting" : isWell ? "live" : "stale",
      text: this.text().slice(0, 500),
      counters: {
        evaluated: adapter?.counts.evaluated ?? 0,
        not_known: adapter?.counts.not_known ?? 0,
        failed,
        signals_model: this.said.model,
        signals_rules: this.said.rules,
        breaker_opened: adapter?.breaker.opened ?? 0,
        threads_replaced: adapter?.pool.replaced ?? 0,
        rows_waiting: this.intake.size,
        rows_replaced: this.intake.replaced,
        rows_dropped: this.intake.dropped,
        rows_unjudged: this.unjudged,
        signals_cooled: adapter?.state.cooled ?? 0,
        rows_late: adapter?.state.late ?? 0,
      },
      inference: this.figures.with({ ...adapter?.counts.failed, ...(this.refused > 0 && { refused: this.refused }) }),
    };
  }

  private text(): string {
    const { adapter, problem, publishing } = this;
    const { meanwhile, model } = this.options;
    if (publishing !== null) return `Signals wait for the bus: ${publishing}`;
    if (adapter === null)
      return problem === null ? `Loads ${model.model_path}` : `It does not run: ${problem}. ${meanwhile.text}`;
    const { name, sha } = adapter.state.settings;
    const who = `Model ${name} (${model.model_path}, ${sha})`;
    if (problem !== null) return `${who} goes on, what is on disk now cannot be used: ${problem}`;
    if (adapter.breaker.state === "closed") return `${who} judges rolling features`;
    const wait_sec = Math.round(model.breaker_open_ms / 1_000);
    return `${who} fails again and again: ${adapter.lastFailure}. It is tried every ${wait_sec} s. ${meanwhile.text}`;
  }

  private wake(): void {
    this.woken.resolve();
    this.woken = Promise.withResolvers<void>();
  }

  private async read(stop: AbortSignal): Promise<void> {
    const { bus, log } = this.options;
    for await (const { values } of bus.follow(TOPICS.rolling.name, 0, "latest", { signal: stop })) {
      for (const row of decode<Rolling>(values, () => log.warn("a row of rolling features is no JSON: passed over")))
        if (row !== null) this.intake.offer(row);
      this.wake();
    }
  }

  /** Looks whether the file is another, and whether the breaker's wait is over. */
  private async look(stop: AbortSignal): Promise<void> {
    const { clock, cwd, model } = this.options;
    while (!stop.aborted) {
      const stamp = stampOf(model.model_path, cwd);
      // A file that is still being written is left alone until it stands still.
      const isNews = stamp !== this.stamps.tried && (stamp === this.stamps.seen || this.stamps.tried === "");
      this.stamps.seen = stamp;
      if (isNews) {
        this.stamps.tried = stamp;
        await this.load(stop);
      }
      this.wake();
      await clock.sleep(LOOK_EVERY_MS, stop);
    }
  }

  private async load(stop: AbortSignal): Promise<void> {
    const { bus, clock, cooldown_ms, cwd, log, model: settings, windows } = this.options;
    let next: ModelAdapter;
    try {
      const model = readModel(settings, windows, cwd);
      next = await openAdapter({
        model,
        settings,
        cooldown_ms,
        clock,
        took: (seconds, rows) => this.figures.took("model", seconds, rows),
      });
      this.problem = null;
    } catch (cause) {
      if (!(cause instanceof TapebellError)) throw cause;
      this.refused++;
      this.problem = told(cause);
      if (!stop.aborted) log.warn(this.problem);
      return;
    }
    const batches = await bus.tail(TOPICS.signals.name, RECALLED);
    for (const { values } of batches)
      for (const said of decode<Signal>(values, () => undefined))
        if (said !== null) recallModelSignal(next.state, said);
    const before = this.adapter;
    this.adapter = next;
    if (stop.aborted) next.close();
    else log.info({ model: next.state.settings.name, sha: next.state.settings.sha }, "model loaded");
    // What is out is answered by the model that was asked.
    await Promise.allSettled(this.calls);
    before?.close();
  }

  private async work(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const { promise } = this.woken;
      this.start(stop);
      if (this.failure !== null) throw this.failure;
      await promise;
    }
  }

  private start(stop: AbortSignal): void {
    const { clock, model } = this.options;
    while (this.intake.size > 0 && this.calls.size < model.pool_size && this.publishing === null) {
      const { adapter } = this;
      if (adapter === null && this.problem === null) return;
      const call = this.judge(adapter, this.intake.take(ROWS_PER_CALL), stop)
        .catch((cause) => {
          this.failure = cause;
        })
        .finally(() => {
          this.calls.delete(call);
          this.wake();
        });
      this.calls.add(call);
    }
    this.adapter?.breaker.at(clock.now());
  }

  private async judge(adapter: ModelAdapter | null, rows: readonly Rolling[], stop: AbortSignal): Promise<void> {
    const said: Signal[] = [];
    const left = adapter === null ? rows : await adapter.judge(rows, (signal) => said.push(signal));
    await this.say("model", said, stop);
    if (left.length === 0) return;
    const { standIn } = this.options.meanwhile;
    if (standIn === null) this.unjudged += left.length;
    else {
      const { signals, seconds } = standIn.judge(left);
      this.figures.took("rules", seconds, left.length);
      await this.say("rules", signals, stop);
    }
  }

  /** Until it stands in the log: what is not said now would not be said again. */
  private async say(adapter: "model" | "rules", signals: readonly Signal[], stop: AbortSignal): Promise<void> {
    const { bus, clock } = this.options;
    if (signals.length === 0) return;
    const values = signals.map((signal) => JSON.stringify(signal));
    for (let wait_ms = RETRY_BASE_MS; !stop.aborted; wait_ms = Math.min(wait_ms * 2, RETRY_CAP_MS)) {
      try {
        await bus.publish(TOPICS.signals.name, 0, values);
        this.publishing = null;
        this.said[adapter] += signals.length;
        return;
      } catch (cause) {
        this.publishing = told(cause);
        await clock.sleep(wait_ms, stop);
      }
    }
  }
}

function told(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return cause instanceof TapebellError && cause.hint !== undefined ? `${message}; ${cause.hint}` : message;
}
