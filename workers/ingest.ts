import { TOPICS } from "../core/topics.ts";
import { createSyntheticFeed } from "../server/feeds/synthetic/feed.ts";
import { feedResume } from "./shell/feed-resume.ts";
import { MarketSink } from "./shell/market-sink.ts";
import { type RoleContext, runThread } from "./shell/thread.ts";

/** Runs the feed of this origin into `tape.market`. */
export async function ingest(context: RoleContext): Promise<void> {
  const { bus, clock, origin, settings, signal, log } = context;
  const resume = await feedResume(bus);
  const feed = createSyntheticFeed({
    seed: settings.SYNTHETIC_SEED,
    scenario: settings.SYNTHETIC_SCENARIO,
    rate: settings.SYNTHETIC_RATE,
    heartbeatMs: settings.HEARTBEAT_MS,
    clock,
    resume,
  });
  const sink = new MarketSink(bus, clock, origin);
  void context.announced.then((at_ms) => feed.startActs(at_ms));
  log.info({ provider: feed.provider, resumed: resume !== null, topic: TOPICS.market.name }, "feed starts");
  context.ready();
  await feed.run(sink, signal);
  await sink.drain();
}

if (!Bun.isMainThread) runThread("ingest", ingest);
