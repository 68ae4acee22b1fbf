import type { Bus } from "../../core/ports/bus.ts";
import { TOPICS } from "../../core/topics.ts";
import { type Outlet, PatientOutlet } from "./outlet.ts";
import { Spool } from "./spool/spool.ts";
import { SpoolStore } from "./spool/spool-store.ts";
import type { RoleContext } from "./thread.ts";

/** What ingest writes that may not be lost. */
const SPOOLED = [TOPICS.market, TOPICS.deadLetter, TOPICS.system];

export interface OpenOutlet {
  readonly outlet: Outlet;
  /** The newest of what was written, wherever it is by now. */
  readonly tail: Bus["tail"];
  close(): Promise<void>;
}

/**
 * The embedded log shares the disk with a spool, so there it would help nobody: what it refuses is held. So is what comes
 * from a recording, which can wait.
 */
export async function openOutlet(context: RoleContext): Promise<OpenOutlet> {
  const { bus, settings, dir, origin } = context;
  const options = { ...context, random: Math.random };
  if (bus.engine === "embedded" || origin === "replay") {
    return {
      outlet: new PatientOutlet(bus, options),
      tail: (topic, limit) => bus.tail(topic, limit),
      close: async () => undefined,
    };
  }
  const max_bytes = settings.SPOOL_MAX_BYTES;
  const store = await SpoolStore.open({ dir, fsync: settings.BUS_FSYNC, max_bytes, topics: SPOOLED });
  const spool = await Spool.open({ ...options, store, max_bytes, origin });
  return { outlet: spool, tail: (topic, limit) => spool.tail(topic, limit), close: () => spool.close() };
}
