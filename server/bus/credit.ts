import { IN_FLIGHT_BYTES_MAX } from "./limits.ts";

/** Bytes on their way, bounded; who comes when there is no room waits its turn, in order. */
export class ByteCredit {
  private used = 0;
  private readonly queue: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(private readonly max = IN_FLIGHT_BYTES_MAX) {}

  /** Null when there is room at once (no turn of the event loop is lost); else resolves when it is the caller's turn. */
  take(bytes: number): Promise<void> | null {
    if (this.queue.length === 0 && this.fits(bytes)) {
      this.used += bytes;
      return null;
    }
    return new Promise((go) => {
      this.queue.push({ bytes, go });
    });
  }

  give(bytes: number): void {
    this.used -= bytes;
    while (this.queue.length > 0 && this.fits(this.queue[0]!.bytes)) {
      const next = this.queue.shift()!;
      this.used += next.bytes;
      next.go();
    }
  }

  /** More than the whole credit passes when nothing else is on its way. */
  private fits(bytes: number): boolean {
    return this.used === 0 || this.used + bytes <= this.max;
  }
}
