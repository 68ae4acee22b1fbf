import type { Candidate } from "../../../core/messages/index.ts";
import { TOPICS } from "../../../core/topics.ts";
import type { Case } from "../evidence.ts";
import { ALERTS } from "../store.ts";

/** Each excursion ends in the store as it ends in a run that nothing interrupted. */
export function* alertsFinal({ run, references, holed, vanished }: Case): Iterable<string> {
  const alerts = run.store.rows(ALERTS);
  const known = new Set<string>();
  references.markets.forEach((straight, partition) => {
    for (const text of straight.said.get(TOPICS.candidates.name) ?? []) {
      const { kind, id } = JSON.parse(text) as Candidate;
      if (kind === "candidate" && holed.has(partition)) known.add(id);
    }
  });
  for (let partition = 0; partition < references.markets.length; partition++) {
    if (holed.has(partition)) continue;
    const last = new Map<string, Candidate>();
    for (const text of references.markets[partition]!.said.get(TOPICS.candidates.name) ?? []) {
      const record = JSON.parse(text) as Candidate;
      if (record.kind === "candidate") last.set(record.id, record);
    }
    for (const right of last.values()) {
      known.add(right.id);
      if (vanished.has(right.id)) continue;
      const alert = alerts.get(right.id);
      if (alert === undefined) {
        yield `${right.id}: the alert is not stored`;
        continue;
      }
      for (const field of ["state", "severity", "ret", "window", "start_ms", "updated_ms"] as const) {
        if (alert[field] !== right[field]) yield `${right.id} ${field}: ${alert[field]}, should be ${right[field]}`;
      }
      if (!Bun.deepEquals(alert.ended, right.ended)) yield `${right.id} ended: ${JSON.stringify(alert.ended)}`;
    }
  }
  if (holed.size > 0) return;
  for (const { id, kind } of alerts.values()) {
    if (kind === "move" && !known.has(id)) yield `${id} is stored although no uninterrupted run raises it`;
  }
}
