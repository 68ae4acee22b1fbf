import { wishes } from "../../signals.ts";

const INTERRUPTED = 130;

/** The first Ctrl-C ends the work, so that what was done is whole; a later one ends the process. */
export function onStop(stop: AbortController): () => void {
  const wish = wishes(Date.now);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const hear = (): void => {
    const what = wish();
    if (what === "stop") stop.abort();
    else if (what === "force") process.exit(INTERRUPTED);
  };
  for (const signal of signals) process.on(signal, hear);
  return () => {
    for (const signal of signals) process.off(signal, hear);
  };
}
