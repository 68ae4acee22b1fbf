import type { FeedSink } from "../../core/ports/feed.ts";

/** Frames nobody understands are all counted; so many a second are kept as well. */
const PER_SEC = 10;

/** Keeps what a venue sent and nobody could use, and not more of it than is of use. */
export class Rejects {
  private from_ms = 0;
  private count = 0;

  constructor(private readonly title: string) {}

  put(sink: FeedSink, now_ms: number, reason: string, detail: string, text: string): void {
    if (Math.abs(now_ms - this.from_ms) >= 1_000) {
      this.from_ms = now_ms;
      this.count = 0;
    }
    if (this.count++ < PER_SEC) sink.reject(reason, `${this.title}: ${detail}`, text);
  }
}
