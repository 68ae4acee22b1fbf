/** A terminal and npx both deliver one Ctrl-C: what comes within this time is the same wish. */
const SAME_WISH_MS = 1_000;

export type Wish = "stop" | "force" | "same";

/** The first signal asks to stop; a later one, when stopping takes too long, forces. */
export function wishes(now: () => number): () => Wish {
  let first_ms: number | null = null;
  return () => {
    if (first_ms === null) {
      first_ms = now();
      return "stop";
    }
    return now() - first_ms < SAME_WISH_MS ? "same" : "force";
  };
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP; a second, later one ends the process at once. */
export function stopRequested(onForce: () => never): Promise<NodeJS.Signals> {
  const asked = Promise.withResolvers<NodeJS.Signals>();
  const wish = wishes(Date.now);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      const what = wish();
      if (what === "stop") asked.resolve(signal);
      else if (what === "force") onForce();
    });
  }
  return asked.promise;
}
