import { TapebellError } from "../core/errors.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { StopSignal } from "../core/ports/signal.ts";

const late = (what: string, seconds: number): TapebellError =>
  new TapebellError("outside", "start_timeout", `${what} within ${seconds} s`, {
    hint: "look at the log lines before this one, or give it longer with START_TIMEOUT_SEC",
  });

/** What is needed before anything else may not keep a start waiting for ever. */
export async function inTime<T>(what: string, work: Promise<T>, seconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late(`${what} did not open`, seconds)), seconds * 1_000);
  });
  work.catch(() => undefined);
  return Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}

/**
 * Never resolves; rejects when a part has not come up once by then. One that came up and fell later is the supervisor's
 * business, and the store may come when it likes: until then the log waits.
 */
export async function partsFailed(
  missing: () => readonly { readonly text: string }[],
  seconds: number,
  clock: Clock,
  stopped: StopSignal,
): Promise<never> {
  await clock.sleep(seconds * 1_000, stopped);
  const texts = missing().map(({ text }) => text);
  if (stopped.aborted || texts.length === 0) return new Promise(() => undefined);
  throw late(`not everything came up (${texts.join("; ")})`, seconds);
}
