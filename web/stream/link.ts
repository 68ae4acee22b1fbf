/** Where the page stands with the server. An open connection is not "live": only data is. */
export const LINKS = ["idle", "connecting", "catching_up", "live", "stale", "waiting"] as const;
export type Link = (typeof LINKS)[number];

export const SIGNALS = ["start", "opened", "backlog", "data", "silence", "drop", "retry", "stop"] as const;
/**
 * start: someone wants the stream (or wants it now) · opened: the server answered · backlog: a record from before the
 * connection · data: a record of now · silence: nothing came for too long · drop: refused, broken or ended ·
 * retry: the wait is over · stop: nobody wants it any more.
 */
export type Signal = (typeof SIGNALS)[number];

/** Complete on purpose: a missing cell does not compile, and a test walks every pair. */
export const NEXT: Record<Link, Record<Signal, Link>> = {
  idle: {
    start: "connecting",
    opened: "idle",
    backlog: "idle",
    data: "idle",
    silence: "idle",
    drop: "idle",
    retry: "idle",
    stop: "idle",
  },
  connecting: {
    start: "connecting",
    opened: "catching_up",
    backlog: "connecting",
    data: "connecting",
    silence: "waiting",
    drop: "waiting",
    retry: "connecting",
    stop: "idle",
  },
  catching_up: {
    start: "catching_up",
    opened: "catching_up",
    backlog: "catching_up",
    data: "live",
    silence: "stale",
    drop: "waiting",
    retry: "catching_up",
    stop: "idle",
  },
  live: {
    start: "live",
    opened: "live",
    backlog: "live",
    data: "live",
    silence: "stale",
    drop: "waiting",
    retry: "live",
    stop: "idle",
  },
  stale: {
    start: "stale",
    opened: "stale",
    backlog: "catching_up",
    data: "live",
    silence: "waiting",
    drop: "waiting",
    retry: "stale",
    stop: "idle",
  },
  waiting: {
    start: "connecting",
    opened: "waiting",
    backlog: "waiting",
    data: "waiting",
    silence: "waiting",
    drop: "waiting",
    retry: "connecting",
    stop: "idle",
  },
};

/** The states that hold a connection; entering any other one lets it go. */
export const HOLDS_CONNECTION: Record<Link, boolean> = {
  idle: false,
  connecting: true,
  catching_up: true,
  live: true,
  stale: true,
  waiting: false,
};
