import type { Flow, KindFlow } from "../../../core/messages/index.ts";

/** Several queues of one venue as one: counts are added, of fill the fullest is told. */
export function joined(flows: readonly (Flow | null | undefined)[]): Flow | null {
  const all = flows.filter((flow) => flow != null);
  if (all.length === 0) return null;
  const kinds: Record<string, KindFlow> = {};
  for (const flow of all) {
    for (const [kind, { received, dropped }] of Object.entries(flow.kinds)) {
      const before = kinds[kind] ?? { received: 0, dropped: {} };
      const sum = { ...before.dropped };
      for (const [reason, n] of Object.entries(dropped)) sum[reason] = (sum[reason] ?? 0) + n;
      kinds[kind] = { received: before.received + received, dropped: sum };
    }
  }
  const fill = ({ queue }: Flow): number => queue.waiting / queue.capacity;
  const fullest = all.reduce((most, flow) => (fill(flow) > fill(most) ? flow : most));
  const is_paused = all.some(({ queue }) => queue.is_paused);
  return { kinds, per_s: all.reduce((sum, { per_s }) => sum + per_s, 0), queue: { ...fullest.queue, is_paused } };
}
