import { type WatchAnswer, type Watched, WatchRequest } from "../../core/messages/index.ts";
import type { Bus, StartAt } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Feed } from "../../core/ports/feed.ts";
import type { StopSignal } from "../../core/ports/signal.ts";
import { TOPICS } from "../../core/topics.ts";
import type { WatchList } from "./watch-list.ts";

export interface WishOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly feed: Feed;
  /** Null where the symbols are fixed. */
  readonly list: WatchList | null;
  /** Wishes before this one were somebody else's to answer. */
  readonly from: StartAt;
  readonly signal: StopSignal;
  readonly onProblem: (text: string) => void;
}

const AGAIN_MS = 1_000;

/** Answers what is asked on `tape.control`, one wish after the other, as long as the feed runs. */
export async function answerWishes(options: WishOptions): Promise<void> {
  const { bus, clock, signal, onProblem } = options;
  let position: StartAt = options.from;
  while (!signal.aborted) {
    try {
      for await (const batch of bus.follow(TOPICS.control.name, 0, position, { signal })) {
        for (const text of batch.values) await answer(text, options);
        position = batch.next;
      }
    } catch (cause) {
      if (!signal.aborted) onProblem(`wishes about symbols cannot be read: ${String(cause)}`);
    }
    if (!signal.aborted) await clock.sleep(AGAIN_MS, signal);
  }
}

async function answer(text: string, { bus, clock, feed, list, onProblem }: WishOptions): Promise<void> {
  const request = read(text);
  if (request === null) return;
  const { id, action, symbols } = request;
  let items: readonly Watched[];
  if (feed.watch === undefined || list === null) items = symbols.map(fixed);
  else {
    items = await feed.watch(action, symbols);
    // Done all the same: only the next start would not know of it.
    await list.note(items).catch((cause: unknown) => onProblem(`the watch list cannot be written: ${String(cause)}`));
  }
  const said: WatchAnswer = { kind: "watch_answer", id, ts_ms: clock.now(), items: [...items] };
  await bus.publish(TOPICS.control.name, 0, [JSON.stringify(said)]);
}

function read(text: string): WatchRequest | null {
  try {
    return WatchRequest.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const fixed = (symbol: string): Watched => ({
  symbol,
  outcome: "symbols_fixed",
  text: `${symbol} stays as it is: the symbols of this market are fixed; with a live feed they can be changed`,
});
