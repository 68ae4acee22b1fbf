import type { Settings } from "../../../core/settings/index.ts";
import { systemClock } from "../../clock.ts";
import { probeVenues } from "../../feeds/probe.ts";
import { openSource } from "../../feeds/replay/source.ts";
import { replaySource } from "../../feeds/replay/which.ts";
import { type Finding, ok, problem } from "./finding.ts";

const STALL_MS = 5_000;

/** Opens what a start would play, and closes it again. */
async function replay(settings: Settings): Promise<Finding> {
  const { source, name } = replaySource(settings);
  const stop = new AbortController();
  try {
    await openSource(source, { stall_ms: STALL_MS, signal: stop.signal, stdin: process.stdin });
    return ok(`feed: replay of ${name}, which can be read`);
  } finally {
    stop.abort();
  }
}

/** Asks the venues as a start does. */
export async function feed(settings: Settings, probe: typeof probeVenues = probeVenues): Promise<Finding> {
  const { FEED } = settings;
  if (FEED === "synthetic") return ok("feed: synthetic, made here");
  try {
    if (FEED === "replay") return await replay(settings);
    const { provider, reasons } = await probe(settings, systemClock);
    const why = reasons.join("; ");
    if (provider !== null) return ok(`feed: ${provider} answers${why === "" ? "" : ` (${why})`}`);
    if (FEED === "auto")
      return {
        ok: true,
        text: `feed: no venue answers now (${why}); a start shows the synthetic market`,
        mend: "check the network, or name one with FEED",
      };
    return {
      ok: false,
      text: `feed: ${FEED} does not answer: ${why}`,
      mend: "check the network (a start goes on trying), or use FEED=auto",
    };
  } catch (cause) {
    return problem("feed", cause);
  }
}
