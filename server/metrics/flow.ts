import type { PartStatus, Status } from "../../core/messages/index.ts";
import { looked, type Registers } from "./registers.ts";

/** What the source system calls our kinds; the others have the same name. */
const TYPES: Readonly<Record<string, string>> = { book: "book_l2" };
const FEED = "feed:";

export interface Counted {
  readonly labels: Readonly<Record<string, string>>;
  readonly n: number;
}

type Parts = readonly PartStatus[];

/** By type and provider: what every feed has received. */
export const eventsIn = (parts: Parts): Counted[] =>
  parts
    .filter(({ part }) => part.startsWith(FEED))
    .flatMap(({ part, flow }) =>
      Object.entries(flow?.kinds ?? {}).map(([kind, { received }]) => ({
        labels: { type: typeOf(kind), provider: part.slice(FEED.length) },
        n: received,
      })),
    );

/** By reason and type, over all parts. */
export function eventsDropped(parts: Parts): Counted[] {
  const sums = new Map<string, Counted>();
  for (const { flow } of parts) {
    for (const [kind, { dropped }] of Object.entries(flow?.kinds ?? {})) {
      for (const [reason, n] of Object.entries(dropped)) {
        const key = `${reason} ${kind}`;
        sums.set(key, { labels: { reason, type: typeOf(kind) }, n: n + (sums.get(key)?.n ?? 0) });
      }
    }
  }
  return [...sums.values()];
}

/** Of the fullest queue; it may briefly hold a batch more than its bound. */
export function fillRatio(parts: Parts): number {
  const ratios = parts.flatMap(({ flow }) =>
    flow === undefined || flow.queue.capacity === 0 ? [] : [flow.queue.waiting / flow.queue.capacity],
  );
  return Math.min(1, Math.max(0, ...ratios));
}

const typeOf = (kind: string): string => TYPES[kind] ?? kind;

export function flowMetrics(registers: Registers, { status }: { readonly status: () => Status }): void {
  const parts = (): Parts => status().parts;
  const pairs = (all: readonly Counted[]) => all.map(({ labels, n }) => [labels, n] as const);
  looked(registers, "senpai_events_in_total", "Events received from feeds", ["type", "provider"], () =>
    pairs(eventsIn(parts())),
  );
  looked(registers, "senpai_events_dropped_total", "Events that gave way", ["reason", "type"], () =>
    pairs(eventsDropped(parts())),
  );
  looked(registers, "senpai_queue_fill_ratio", "Of the fullest queue, 0 to 1", [], () => [[{}, fillRatio(parts())]]);
  looked(registers, "tapebell_publish_errors_total", "Publishes the log or bus refused", ["part"], () =>
    parts().flatMap(({ part, flow }) => (flow?.publish_errors === undefined ? [] : [[{ part }, flow.publish_errors]])),
  );
  looked(registers, "tapebell_spool_bytes", "Disk the spool takes", [], () =>
    parts().flatMap(({ flow }) => (flow?.spool === undefined ? [] : [[{}, flow.spool.bytes]])),
  );
  looked(registers, "tapebell_spool_records", "Records that wait in the spool", [], () =>
    parts().flatMap(({ flow }) => (flow?.spool === undefined ? [] : [[{}, flow.spool.records]])),
  );
}
