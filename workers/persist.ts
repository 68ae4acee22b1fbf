import type { PartStatus } from "../core/messages/index.ts";
import { TOPICS } from "../core/topics.ts";
import { openStore } from "../db/index.ts";
import { Forgetting } from "./shell/forgetting.ts";
import { type RoleContext, runThread } from "./shell/thread.ts";
import { type RunningWriter, storeWriters } from "./shell/writers.ts";

const STATUS_EVERY_MS = 1_000;

/** Carries the tape's results into the store, each topic by itself: a slow table holds up no other. */
export async function persist(context: RoleContext): Promise<void> {
  const { bus, clock, log, origin, settings, signal, storeAddress } = context;
  if (storeAddress === null) throw new Error("persist was started without a store");
  const store = await openStore(storeAddress, origin);
  const { all: writers, problems, letters } = storeWriters({ bus, clock, log, origin, settings, store });
  const forgetting = new Forgetting({ clock, log, settings, store });
  const reporting = report(context, writers, problems, letters, forgetting);
  context.ready();
  try {
    await Promise.all([...writers.map((writer) => writer.run(signal)), forgetting.run(signal)]);
  } finally {
    await reporting;
    await store.close();
  }
}

async function report(
  { bus, clock, origin, signal }: RoleContext,
  writers: readonly RunningWriter[],
  problems: ReadonlyMap<string, string>,
  letters: Readonly<Record<string, number>>,
  forgetting: Forgetting,
): Promise<void> {
  while (!signal.aborted) {
    const lags = await Promise.all(writers.map((one) => bus.lag(one.topic, 0, one.position).catch(() => 0)));
    const [problem] = problems.values();
    const status: PartStatus = {
      kind: "part_status",
      origin,
      part: "persist",
      ts_ms: clock.now(),
      state: problem === undefined ? "live" : "offline",
      text: problem === undefined ? "Stores what the tape says" : `Waits for the store: ${problem}`.slice(0, 500),
      // Its own lag: what is shown to be behind on the trust bar is the graph, not the archive.
      counters: {
        rows: writers.reduce((sum, one) => sum + one.rows, 0),
        ...Object.fromEntries(writers.map(({ topic }, i) => [`unwritten:${topic}`, lags[i] ?? 0])),
        unwritten: lags.reduce((sum, lag) => sum + lag, 0),
        forgotten: forgetting.forgotten,
        ...letters,
      },
    };
    if (!signal.aborted) await bus.publish(TOPICS.status.name, 0, [JSON.stringify(status)]).catch(() => undefined);
    await clock.sleep(STATUS_EVERY_MS, signal);
  }
}

if (!Bun.isMainThread) runThread("persist", persist);
