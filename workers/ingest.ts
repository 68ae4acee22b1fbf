import type { Feed } from "../core/ports/feed.ts";
import { TOPICS } from "../core/topics.ts";
import { createLiveFeed } from "../server/feeds/live.ts";
import { venuesOf } from "../server/feeds/preference.ts";
import { createSyntheticFeed } from "../server/feeds/synthetic/feed.ts";
import { feedResume } from "./shell/feed-resume.ts";
import { liveResume } from "./shell/live-resume.ts";
import { MarketSink } from "./shell/market-sink.ts";
import { type RoleContext, runThread } from "./shell/thread.ts";

/** Runs the feed of this origin into `tape.market`. */
export async function ingest(context: RoleContext): Promise<void> {
  const { bus, clock, origin, signal } = context;
  const feed = origin === "live" ? await live(context) : await synthetic(context);
  const sink = new MarketSink(bus, clock, origin);
  context.ready();
  await feed.run(sink, signal);
  await sink.drain();
}

async function synthetic({ bus, clock, settings, log, announced }: RoleContext): Promise<Feed> {
  const resume = await feedResume(bus);
  const feed = createSyntheticFeed({
    seed: settings.SYNTHETIC_SEED,
    scenario: settings.SYNTHETIC_SCENARIO,
    rate: settings.SYNTHETIC_RATE,
    heartbeatMs: settings.HEARTBEAT_MS,
    clock,
    resume,
  });
  void announced.then((at_ms) => feed.startActs(at_ms));
  log.info({ provider: feed.provider, resumed: resume !== null, topic: TOPICS.market.name }, "feed starts");
  return feed;
}

async function live({ bus, clock, settings, log }: RoleContext): Promise<Feed> {
  const resume = await liveResume(bus);
  const feed = createLiveFeed({ venues: await venuesOf(settings), settings, clock, resume });
  log.info({ provider: feed.provider, resumed: resume !== null, topic: TOPICS.market.name }, "feed starts");
  return feed;
}

if (!Bun.isMainThread) runThread("ingest", ingest);
