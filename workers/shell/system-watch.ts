import type { Gap, Origin, PartStatus, SystemAlert } from "../../core/messages/index.ts";
import { Gap as GapSchema, PartStatus as PartSchema, SystemAlert as SystemSchema } from "../../core/messages/index.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { StopSignal } from "../../core/ports/signal.ts";
import { type SystemAlertsSettings, systemAlerts } from "../../core/stages/system-alerts.ts";
import { TOPICS } from "../../core/topics.ts";
import { decode } from "./decode.ts";

/** How far back it looks for what it has said and what has not ended yet. */
const REMEMBERED = 1_000;

export interface SystemWatchOptions {
  readonly bus: Bus;
  readonly origin: Origin;
  readonly settings: SystemAlertsSettings;
  readonly signal: StopSignal;
  readonly onProblem: (text: string) => void;
}

/**
 * Watches what parts and gaps say from now on and puts what is wrong on `tape.system`. It keeps no position: a part says its
 * state every second, and what was said before is read back from the topic itself.
 */
export async function watchSystem({ bus, origin, settings, signal, onProblem }: SystemWatchOptions): Promise<void> {
  const state = systemAlerts.init(settings);
  const take = (record: PartStatus | Gap | SystemAlert): string[] => {
    const said: string[] = [];
    systemAlerts.step(state, record, (alert) => said.push(JSON.stringify({ origin, ...alert })));
    return said;
  };
  for (const { values } of await bus.tail(TOPICS.system.name, REMEMBERED)) {
    for (const value of decode<unknown>(values, () => undefined)) {
      const said = SystemSchema.safeParse(value);
      if (said.success) take(said.data);
    }
  }
  const follow = async (topic: string, schema: typeof PartSchema | typeof GapSchema): Promise<void> => {
    const { end } = await bus.info(topic, 0);
    for await (const batch of bus.follow(topic, 0, end, { signal })) {
      const said = decode<unknown>(batch.values, () => undefined).flatMap((value) => {
        const parsed = schema.safeParse(value);
        return parsed.success ? take(parsed.data) : [];
      });
      if (said.length === 0) continue;
      // What cannot be said now stands on /api/status all the same.
      await bus.publish(TOPICS.system.name, 0, said).catch((cause: unknown) => onProblem(`not said: ${String(cause)}`));
    }
  };
  await Promise.all([follow(TOPICS.status.name, PartSchema), follow(TOPICS.gaps.name, GapSchema)]);
}
