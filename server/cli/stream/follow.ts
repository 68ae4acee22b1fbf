import { Readable } from "node:stream";
import type { StopSignal } from "../../../core/ports/signal.ts";
import { parseIso } from "../../../core/text/time.ts";
import type { Look } from "../../bus/embedded/look.ts";

const POLL_MS = 100;

interface Heard {
  newest_ms: number;
  at_ms: number;
}

/**
 * A topic of events as lines, with what comes, until it is asked to stop. Between them each provider's time is told: as
 * far as its newest event, and in silence as the clock goes on, so that a quiet symbol's window closes too.
 */
export function eventLines(look: Look, signal: StopSignal): Readable {
  return Readable.from(lines(look, signal));
}

async function* lines(look: Look, signal: StopSignal): AsyncGenerator<string> {
  const providers = new Map<string, Heard>();
  while (!signal.aborted) {
    let isQuiet = true;
    for (const value of look.more()) {
      isQuiet = false;
      listen(providers, value);
      yield `${value}\n`;
      if (signal.aborted) return;
    }
    const now_ms = Date.now();
    for (const [provider, { newest_ms, at_ms }] of providers) {
      const reason = isQuiet ? "silence" : "clock";
      const ts_ms = isQuiet ? newest_ms + (now_ms - at_ms) : newest_ms;
      yield `${JSON.stringify({ kind: "heartbeat", provider, ts_ms, reason })}\n`;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** What is no event is refused by who reads it. */
function listen(providers: Map<string, Heard>, value: string): void {
  let event: { readonly provider?: unknown; readonly src_ts?: unknown };
  try {
    event = JSON.parse(value);
  } catch {
    return;
  }
  const ts_ms = typeof event.src_ts === "string" ? parseIso(event.src_ts) : Number.NaN;
  if (typeof event.provider !== "string" || Number.isNaN(ts_ms)) return;
  const newest_ms = Math.max(ts_ms, providers.get(event.provider)?.newest_ms ?? 0);
  providers.set(event.provider, { newest_ms, at_ms: Date.now() });
}
