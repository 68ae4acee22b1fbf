import { WatchAnswer, type Watched, type WatchRequest } from "../../core/messages/index.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { TOPICS } from "../../core/topics.ts";
import { unavailable } from "./problem.ts";

/** Long enough for candles that are being loaded when the wish comes. */
const WAIT_MS = 20_000;
const AT_ONCE = 16;

/** Takes wishes about the watched symbols to the feed, wherever it runs, and brings its answers back. */
export class WatchDesk {
  private open = 0;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly wait_ms = WAIT_MS,
  ) {}

  async ask(action: WatchRequest["action"], symbols: readonly string[]): Promise<readonly Watched[]> {
    if (this.open >= AT_ONCE)
      throw unavailable("too_many_wishes", "Other changes of the watched symbols are waiting", 2);
    this.open++;
    const stop = new AbortController();
    try {
      const id = crypto.randomUUID();
      const request: WatchRequest = {
        kind: "watch_request",
        id,
        action,
        symbols: [...symbols],
        ts_ms: this.clock.now(),
      };
      const { first } = await this.bus.publish(TOPICS.control.name, 0, [JSON.stringify(request)]);
      const late = this.clock.sleep(this.wait_ms, stop.signal).then(() => stop.abort());
      const answer = await this.answerTo(id, first + 1, stop.signal);
      stop.abort();
      await late;
      if (answer !== null) return answer.items;
      throw unavailable(
        "feed_silent",
        "The feed did not answer, so nothing is known to have changed; look and ask again",
        5,
      );
    } finally {
      stop.abort();
      this.open--;
    }
  }

  private async answerTo(id: string, from: number, signal: AbortSignal): Promise<WatchAnswer | null> {
    for await (const batch of this.bus.follow(TOPICS.control.name, 0, from, { signal })) {
      for (const text of batch.values) {
        if (!text.includes(id)) continue;
        const parsed = WatchAnswer.safeParse(JSON.parse(text));
        if (parsed.success && parsed.data.id === id) return parsed.data;
      }
    }
    return null;
  }
}
