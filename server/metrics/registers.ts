import { Counter, Gauge, type Registry } from "prom-client";
import type { Status } from "../../core/messages/index.ts";
import type { Store } from "../../core/ports/store.ts";
import type { Archive } from "../cache/archive.ts";
import type { Cache } from "../cache/cache.ts";
import type { StreamHub } from "../http/stream/hub.ts";

export interface Watched {
  readonly cache: Cache;
  readonly hub: StreamHub;
  readonly status: () => Status;
  readonly store: () => Store | null;
  readonly archive: Archive;
  /** Length of the micro-batches, where there are any. */
  readonly microBatchMs?: number | null;
}

export type Registers = Registry[];

/** A gauge or counter whose values are looked up when somebody asks. */
export function looked(
  registers: Registers,
  name: string,
  help: string,
  labelNames: readonly string[],
  look: () => Iterable<readonly [Readonly<Record<string, string>>, number]>,
): void {
  const shape = { name, help, labelNames: [...labelNames], registers };
  if (name.endsWith("_total")) {
    new Counter({
      ...shape,
      collect() {
        this.reset();
        for (const [labels, value] of look()) this.inc(labels, value);
      },
    });
    return;
  }
  new Gauge({
    ...shape,
    collect() {
      this.reset();
      for (const [labels, value] of look()) this.set(labels, value);
    },
  });
}
