import type { Clock } from "../../core/ports/clock.ts";
import { createLimiter, type Limit } from "./limiter.ts";
import type { Rest, RestAnswer } from "./venue.ts";

export interface RestOptions {
  readonly clock: Clock;
  /** Weight the venue allows within a span. */
  readonly limit: Limit;
  readonly signal: AbortSignal;
  readonly timeout_ms?: number;
  readonly bytes_max?: number;
  /** A call that would have to wait longer than this is answered at once with what it would wait for. */
  readonly wait_max_ms?: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** No answer came: the body says why. Never a status of HTTP. */
export const NO_ANSWER = 0;

const TIMEOUT_MS = 10_000;
const BYTES_MAX = 16 * 1024 * 1024;
const WAIT_MAX_MS = 60_000;
/** Where a venue says "too many" and not for how long. 418 is its word for "you went on after 429". */
const PAUSE_MS: Readonly<Record<number, number>> = { 429: 10_000, 418: 120_000 };
const PAUSE_MAX_MS = 3 * 86_400_000;

/** Asks a venue's REST side within bounds of time, size and weight. Whatever goes wrong is an answer, nothing is thrown. */
export function createRest(options: RestOptions): Rest {
  const { clock, limit, signal, timeout_ms = TIMEOUT_MS, bytes_max = BYTES_MAX, wait_max_ms = WAIT_MAX_MS } = options;
  const ask = options.fetch ?? fetch;
  const limiter = createLimiter(limit, clock);

  return async (url, weight, headers) => {
    const wait_ms = limiter.waitMs(weight);
    if (wait_ms > wait_max_ms) {
      return { status: 429, body: "the venue has asked us to wait", retry_after_ms: wait_ms };
    }
    if (!(await limiter.take(weight, signal))) return none("stopped");
    const timeout = AbortSignal.timeout(timeout_ms);
    try {
      const response = await ask(url, {
        signal: AbortSignal.any([signal, timeout]),
        redirect: "error",
        ...(headers === undefined ? {} : { headers }),
      });
      const retry_after_ms = retryAfter(response.headers.get("retry-after"), clock.now());
      const pause_ms = PAUSE_MS[response.status];
      if (pause_ms !== undefined) limiter.blockUntil(clock.now() + (retry_after_ms ?? pause_ms));
      const body = await readBody(response, bytes_max);
      if (body === null) return none(`the answer is larger than ${bytes_max} bytes`);
      return {
        status: response.status,
        body,
        retry_after_ms: pause_ms === undefined ? null : (retry_after_ms ?? pause_ms),
      };
    } catch (cause) {
      if (timeout.aborted) return none(`no answer within ${timeout_ms} ms`);
      return none(cause instanceof Error ? cause.message : String(cause));
    }
  };
}

const none = (body: string): RestAnswer => ({ status: NO_ANSWER, body, retry_after_ms: null });

/** Seconds or a date, as HTTP has it. */
function retryAfter(text: string | null, now_ms: number): number | null {
  if (text === null) return null;
  const wait_ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now_ms;
  return Number.isFinite(wait_ms) ? Math.min(Math.max(wait_ms, 0), PAUSE_MAX_MS) : null;
}

async function readBody(response: Response, bytes_max: number): Promise<string | null> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    bytes += chunk.byteLength;
    // Leaving the loop ends the stream: what is not read is not sent either.
    if (bytes > bytes_max) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
