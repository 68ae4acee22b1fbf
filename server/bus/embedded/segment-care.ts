import type { Caretaker } from "./caretaker.ts";
import type { Segment } from "./segment.ts";
import type { SegmentChain } from "./segment-chain.ts";

/** What power loss can take, unless every commit is synced. */
const CHECKPOINT_MS = 5_000;
const CHECKPOINT_BYTES = 8 * 1024 * 1024;

/** Says when the caretaker has to do what for one chain, and what came of it. */
export class SegmentCare {
  private unsyncedBytes = 0;
  private checkpointed_ms = 0;
  private checkpointing = false;
  private failed = false;
  private closed = false;

  constructor(
    private readonly caretaker: Caretaker,
    private readonly chain: SegmentChain,
    private readonly say: (what: string, error: unknown) => void,
  ) {}

  wrote(bytes: number, now_ms: number): void {
    this.unsyncedBytes += bytes;
    if (this.unsyncedBytes > CHECKPOINT_BYTES) this.checkpoint(now_ms);
  }

  tick(now_ms: number): void {
    if (this.unsyncedBytes > 0 && now_ms - this.checkpointed_ms >= CHECKPOINT_MS) this.checkpoint(now_ms);
  }

  /** A segment nobody writes any more. */
  settle(segment: Segment): void {
    void this.look(segment, async () => {
      await this.caretaker.checkpoint(segment.path);
      if (!this.isOurs(segment)) return;
      segment.rest();
      await this.caretaker.settle(segment.path);
    });
  }

  close(): void {
    this.closed = true;
  }

  private checkpoint(now_ms: number): void {
    const { last } = this.chain;
    if (this.checkpointing || last === undefined || last.isSealed) return;
    this.unsyncedBytes = 0;
    this.checkpointed_ms = now_ms;
    this.checkpointing = true;
    void this.look(last, () => this.caretaker.checkpoint(last.path)).then(() => {
      this.checkpointing = false;
    });
  }

  /** Failures are told once until a chore succeeds; a segment that is gone meanwhile needs no care. */
  private async look(segment: Segment, chore: () => Promise<void>): Promise<void> {
    try {
      await chore();
      this.failed = false;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      // Busy: somebody reads it just now. It is tried again at the next turn, or at the next start.
      if (this.failed || !this.isOurs(segment) || /^SQLITE_(BUSY|LOCKED)/.test(code)) return;
      this.failed = true;
      this.say("what is in the log could not be synced to the disk", error);
    }
  }

  private isOurs(segment: Segment): boolean {
    return !this.closed && this.chain.segments.includes(segment);
  }
}
