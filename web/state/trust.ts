import type { Gap } from "../../core/messages/gap.ts";
import type { Status } from "../../core/messages/status.ts";
import type { SystemAlert } from "../../core/messages/system-alert.ts";
import type { LinkInfo } from "../stream/client.ts";
import { makeWatchers } from "./cell.ts";
import { number, seconds } from "./format.ts";
import type { Frame } from "./frame.ts";

export type TrustState = "connecting" | "live" | "ended" | "catching_up" | "stale" | "offline";

/** Everything the trust bar says, ready to be shown. */
export interface TrustView {
  readonly state: TrustState;
  /** One word. */
  readonly label: string;
  /** One sentence, in the reader's terms. */
  readonly words: string;
  /** What is on the page may be used: it is of now. */
  readonly trusted: boolean;
  readonly origin: Status["origin"] | null;
  readonly provider: string | null;
  readonly latency_ms_p50: number | null;
  readonly latency_ms_p95: number | null;
  readonly lag: number | null;
  /** Age of the newest trade that reached a candle. */
  readonly fresh_ms: number | null;
  readonly gaps_open: number;
  readonly gaps_lost: number;
  readonly retryInS: number | null;
  readonly problems: readonly string[];
}

const NO_LINK: LinkInfo = {
  link: "idle",
  sinceMs: 0,
  lastEventMs: null,
  retryAtMs: null,
  attempt: 0,
  problem: null,
  backlog: 0,
};

const sentence = (text: string): string =>
  text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

/** Pure: the same link, status and time always read the same. `skewMs` = server clock − our clock. */
export function trustView(link: LinkInfo, status: Status | null, nowMs: number, skewMs: number): TrustView {
  const retryInS = link.retryAtMs === null ? null : Math.max(0, Math.ceil((link.retryAtMs - nowMs) / 1_000));
  const heardMs = link.lastEventMs === null ? null : nowMs - link.lastEventMs;
  const newest = status?.newest_ts_ms ?? null;
  return {
    ...spoken(link, status, heardMs, retryInS),
    origin: status?.origin ?? null,
    provider: status?.feed.provider ?? null,
    latency_ms_p50: status?.latency_ms_p50 ?? null,
    latency_ms_p95: status?.latency_ms_p95 ?? null,
    lag: status?.lag ?? null,
    // A recording is of its own time: how old its trades are by now says nothing.
    fresh_ms: newest === null || status?.origin === "replay" ? null : Math.max(0, nowMs + skewMs - newest),
    gaps_open: status?.gaps_open ?? 0,
    gaps_lost: status?.gaps_lost ?? 0,
    retryInS,
    problems: status?.problems ?? [],
  };
}

type Spoken = Pick<TrustView, "state" | "label" | "words" | "trusted">;

function spoken(link: LinkInfo, status: Status | null, heardMs: number | null, retryInS: number | null): Spoken {
  const shown = heardMs === null ? "" : ` What you see is ${seconds(heardMs)} old.`;
  if (link.link === "waiting") {
    const why = sentence(link.problem ?? "the connection was lost");
    return { state: "offline", label: "Offline", words: `${why} Retry in ${retryInS ?? 0} s.${shown}`, trusted: false };
  }
  if (link.link === "connecting" || link.link === "idle") {
    if (heardMs === null)
      return { state: "connecting", label: "Connecting", words: "Reaching the server.", trusted: false };
    return { state: "offline", label: "Offline", words: `Trying to reach the server.${shown}`, trusted: false };
  }
  if (link.link === "stale") {
    const words = `Nothing from the server for ${seconds(heardMs)}.`;
    return { state: "stale", label: "Stale", words, trusted: false };
  }
  if (link.link === "catching_up") {
    const words =
      link.backlog === 0 ? "Connected, reading what is new." : `${number(link.backlog)} missed candles received.`;
    return { state: "catching_up", label: "Catching up", words, trusted: true };
  }
  if (status === null)
    return {
      state: "connecting",
      label: "Connecting",
      words: "Connected, waiting for the first status.",
      trusted: false,
    };
  const problem = status.problems[0];
  if (!status.ready && status.feed.state === "live" && problem !== undefined) {
    return { state: "stale", label: "Not ready", words: sentence(problem), trusted: false };
  }
  const words = sentence(status.feed.text);
  switch (status.feed.state) {
    case "live":
      return { state: "live", label: status.origin === "replay" ? "Replaying" : "Live", words, trusted: true };
    case "ended":
      return { state: "ended", label: "Ended", words, trusted: true };
    case "catching_up":
      return { state: "catching_up", label: "Catching up", words, trusted: true };
    case "starting":
      return { state: "connecting", label: "Starting", words, trusted: false };
    case "stale":
      return { state: "stale", label: "Stale", words, trusted: false };
    case "offline":
      return { state: "offline", label: "Feed offline", words, trusted: false };
    case "failed":
      return { state: "offline", label: "Feed failed", words, trusted: false };
  }
}

export interface Trust {
  view(): TrustView;
  status(): Status | null;
  gaps(): readonly Gap[];
  /** What the system said about itself, newest first. */
  messages(): readonly SystemAlert[];
  setLink(info: LinkInfo): void;
  putStatus(status: Status): void;
  putGap(gap: Gap): void;
  putMessage(message: SystemAlert): void;
  /** Time passed: ages and the retry countdown move on. */
  tick(): void;
  subscribe(watcher: () => void): () => void;
}

const GAPS_MAX = 500;
const MESSAGES_MAX = 50;

export function makeTrust({ frame, now }: { frame: Frame; now: () => number }): Trust {
  let link = NO_LINK;
  let status: Status | null = null;
  let skewMs = 0;
  let measured = false;
  let gaps: readonly Gap[] = [];
  let messages: readonly SystemAlert[] = [];
  const watchers = makeWatchers(frame);

  return {
    view: () => trustView(link, status, now(), skewMs),
    status: () => status,
    gaps: () => gaps,
    messages: () => messages,
    setLink(info) {
      if (info.link === "connecting") measured = false;
      link = info;
      watchers.changed();
    },
    putStatus(next) {
      status = next;
      // The least delayed status of a connection tells the difference of the clocks best.
      const difference = next.ts_ms - now();
      skewMs = measured ? Math.max(skewMs, difference) : difference;
      measured = true;
      watchers.changed();
    },
    putGap(gap) {
      const known = gaps.find((one) => one.id === gap.id);
      if (known !== undefined && known.revision >= gap.revision) return;
      gaps = [...gaps.filter((one) => one.id !== gap.id), gap].slice(-GAPS_MAX);
      watchers.changed();
    },
    putMessage(message) {
      if (messages.some((one) => one.id === message.id)) return;
      messages = [message, ...messages].slice(0, MESSAGES_MAX);
      watchers.changed();
    },
    tick: () => watchers.changed(),
    subscribe: watchers.subscribe,
  };
}
