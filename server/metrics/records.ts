import { Counter } from "prom-client";
import { Alert } from "../../core/messages/index.ts";
import type { StoreHealth } from "../../core/ports/store.ts";
import { looked, type Registers, type Watched } from "./registers.ts";

/** Statements about alerts as they come; what the start reads of the past is not counted again. */
export function alertMetrics(registers: Registers, { cache }: Watched): () => void {
  const statements = new Counter({
    name: "tapebell_alerts_total",
    help: "Statements about alerts, by kind, severity and state; enrichments are not counted",
    labelNames: ["kind", "severity", "state"],
    registers,
  });
  return cache.subscribe({
    event: ({ event, text }) => {
      if (event !== "alert" || !cache.isSeeded) return;
      const said = AlertLabels.safeParse(JSON.parse(text));
      if (said.success && said.data.revision % 2 === 0) {
        const { kind, severity, state } = said.data;
        statements.inc({ kind, severity, state });
      }
    },
    broken: () => {},
  });
}

const AlertLabels = Alert.pick({ kind: true, severity: true, state: true, revision: true });

export function storeMetrics(
  registers: Registers,
  { status, archive }: Watched,
  health: { store: StoreHealth | null },
): void {
  const counter = (name: string): (readonly [Record<string, string>, number])[] => {
    const n = status().parts.find(({ part }) => part === "persist")?.counters?.[name];
    return n === undefined ? [] : [[{}, n]];
  };
  const said = (figure: (of: StoreHealth) => number | null): (readonly [Record<string, string>, number])[] => {
    const n = health.store === null ? null : figure(health.store);
    return n === null ? [] : [[{}, n]];
  };
  looked(registers, "tapebell_store_rows_total", "Rows written to the store", [], () => counter("rows"));
  looked(registers, "tapebell_store_forgotten_rows_total", "Rows deleted from the store for their age", [], () =>
    counter("forgotten"),
  );
  looked(registers, "tapebell_store_unwritten_records", "Records of the tape not yet in the store", [], () =>
    counter("unwritten"),
  );
  looked(registers, "tapebell_store_up", "1 while the store answers, by engine", ["engine"], () => [
    [{ engine: health.store?.engine ?? "none" }, health.store?.ok === true ? 1 : 0],
  ]);
  looked(registers, "tapebell_store_waiting", "Statements of the server that wait for the store", [], () =>
    said((of) => of.waiting),
  );
  looked(registers, "tapebell_store_retries_total", "Statements of the server sent again", [], () =>
    said((of) => of.retries),
  );
  looked(registers, "tapebell_store_reconnects_total", "Connections of the server thrown away after a fault", [], () =>
    said((of) => of.reconnects),
  );
  looked(registers, "tapebell_store_backup_seconds", "When the newest backup was finished, epoch seconds", [], () =>
    said((of) => (of.backup_ms === null ? null : of.backup_ms / 1000)),
  );
  looked(registers, "tapebell_store_read_failures_total", "Requests the store did not answer in time", [], () => [
    [{}, archive.failures],
  ]);
}
