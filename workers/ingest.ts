import { join } from "node:path";
import type { Bus } from "../core/ports/bus.ts";
import type { Feed } from "../core/ports/feed.ts";
import { TOPICS } from "../core/topics.ts";
import { openFileCheckpoints } from "../server/checkpoints/files.ts";
import { createLiveFeed } from "../server/feeds/live.ts";
import { venuesOf } from "../server/feeds/preference.ts";
import { createReplayFeed } from "../server/feeds/replay/feed.ts";
import { replaySource } from "../server/feeds/replay/which.ts";
import { createSyntheticFeed } from "../server/feeds/synthetic/feed.ts";
import { writeDeadLetters } from "./shell/dead-letter-file.ts";
import { feedResume } from "./shell/feed-resume.ts";
import { IngestWatch } from "./shell/ingest-watch.ts";
import { liveResume } from "./shell/live-resume.ts";
import { MarketSink } from "./shell/market-sink.ts";
import { openOutlet } from "./shell/open-outlet.ts";
import { ReplayProgress } from "./shell/replay-progress.ts";
import { type RoleContext, runThread } from "./shell/thread.ts";
import { WatchList } from "./shell/watch-list.ts";
import { answerWishes } from "./shell/watch-wishes.ts";

type Tail = Pick<Bus, "tail">;

/** Runs the feed of this origin into `tape.market`. */
export async function ingest(context: RoleContext): Promise<void> {
  const { clock, origin, signal } = context;
  const { outlet, tail, close } = await openOutlet(context);
  try {
    const watch = new IngestWatch({ ...context, outlet });
    const sink = new MarketSink(outlet, clock, origin, watch);
    const reporting = watch.report(sink, signal);
    if (origin === "replay") await replay(context, sink);
    else {
      const list = origin === "live" ? await WatchList.load(context.dir, (text) => context.log.warn(text)) : null;
      const feed = list !== null ? await live(context, { tail }, list) : await synthetic(context, { tail });
      await answering(context, feed, list, () => feed.run(sink, signal));
    }
    await sink.drain();
    await reporting;
  } finally {
    await close();
  }
}

/** Runs a feed, and answers meanwhile what is asked about its symbols. */
async function answering(
  { bus, clock, log, ready, signal }: RoleContext,
  feed: Feed,
  list: WatchList | null,
  run: () => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const onProblem = (text: string): void => log.warn(text);
  const wishes = answerWishes({ bus, clock, feed, list, from: "latest", signal: both, onProblem });
  ready();
  try {
    await run();
  } finally {
    over.abort();
    await wishes;
  }
}

/** The recording from where it was left, and what of it could not be used into a file. */
async function replay(context: RoleContext, sink: MarketSink): Promise<void> {
  const { bus, clock, dir, settings, log, signal } = context;
  const { source, name } = replaySource(settings);
  const checkpoints = await openFileCheckpoints(join(dir, "checkpoints"));
  const progress = new ReplayProgress({ bus, clock, checkpoints, drain: () => sink.drain() });
  const resume = await progress.load();
  const feed = createReplayFeed({
    source,
    name,
    speed: settings.REPLAY_SPEED === "max" ? null : settings.REPLAY_SPEED,
    late_ms: settings.REPLAY_MAX_LATE_MS,
    clock,
    stdin: process.stdin,
    resume,
    reached: (place) => progress.reached(place),
  });
  log.info({ source: name, from: resume?.count ?? 0, topic: TOPICS.market.name }, "replay starts");
  const fall = new AbortController();
  const stop = AbortSignal.any([signal, fall.signal]);
  const onProblem = (text: string): void => log.warn(text);
  const letters = writeDeadLetters({ bus, clock, checkpoints, path: settings.REPLAY_DLT_FILE, onProblem }, stop);
  try {
    await answering(context, feed, null, async () => {
      await feed.run(sink, signal);
      await progress.save();
      // What has ended stays to be looked at, and late letters still come.
      await letters;
    });
  } finally {
    fall.abort();
    await letters;
    await checkpoints.close();
  }
}

async function synthetic({ clock, settings, log, announced }: RoleContext, written: Tail): Promise<Feed> {
  const resume = await feedResume(written);
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

async function live({ clock, settings, log }: RoleContext, written: Tail, { changes }: WatchList): Promise<Feed> {
  const resume = await liveResume(written);
  const feed = createLiveFeed({ venues: await venuesOf(settings), settings, clock, resume, changes });
  log.info({ provider: feed.provider, resumed: resume !== null, topic: TOPICS.market.name }, "feed starts");
  return feed;
}

if (!Bun.isMainThread) runThread("ingest", ingest);
