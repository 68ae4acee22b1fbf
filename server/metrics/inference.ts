import { Counter } from "prom-client";
import { EVALUATION_BUCKETS_SEC, type InferenceFigures, Signal } from "../../core/messages/index.ts";
import { looked, type Registers, type Watched } from "./registers.ts";
import { toldHistogram } from "./told.ts";

/** Signals as they come, whoever says them; what the start reads of the past is not counted again. */
export function signalMetrics(registers: Registers, { cache }: Watched): () => void {
  const signals = new Counter({
    name: "signals_emitted_total",
    help: "Signals said, by name and adapter",
    labelNames: ["name", "adapter"],
    registers,
  });
  return cache.subscribe({
    event: ({ event, text }) => {
      if (event !== "signal" || !cache.isSeeded) return;
      const said = SignalLabels.safeParse(JSON.parse(text));
      if (said.success) signals.inc({ name: said.data.name, adapter: adapterOf(said.data) });
    },
    broken: () => {},
  });
}

const SignalLabels = Signal.pick({ name: true, direction: true, meta: true });

/** A model says which one it is, long and short have a direction. */
function adapterOf({ direction, meta }: Pick<Signal, "direction" | "meta">): string {
  if (direction !== undefined) return "long_short";
  return typeof meta.model === "string" ? "model" : "rules";
}

/** What the parts that judge rows say of themselves. */
export function inferenceMetrics(registers: Registers, { status }: Watched): void {
  const parts = (): (readonly [string, InferenceFigures])[] =>
    status().parts.flatMap(({ part, inference }) => (inference === undefined ? [] : [[part, inference] as const]));
  looked(registers, "errors_total", "What went wrong, by component and reason", ["component", "reason"], () =>
    parts().flatMap(([component, { errors }]) =>
      Object.entries(errors).map(([reason, n]) => [{ component, reason }, n] as const),
    ),
  );
  toldHistogram(
    registers,
    {
      name: "inference_eval_duration_seconds",
      help: "How long judging a row took, by adapter",
      buckets: EVALUATION_BUCKETS_SEC,
    },
    () =>
      parts().flatMap(([, { durations }]) =>
        Object.entries(durations).map(([adapter, { at_most, count, sum_sec }]) => ({
          labels: { adapter },
          at_most,
          count,
          sum: sum_sec,
        })),
      ),
  );
}
