/** Where a connection stands. An open socket is not live: only data is. */
export type Link = "waiting" | "connecting" | "open" | "live" | "stale" | "stopped";
/** What can happen to it. */
export type Happening = "dial" | "opened" | "data" | "silence" | "drop" | "stop";

export const LINKS: readonly Link[] = ["waiting", "connecting", "open", "live", "stale", "stopped"];
export const HAPPENINGS: readonly Happening[] = ["dial", "opened", "data", "silence", "drop", "stop"];

/** The whole machine. `silence` is the data watchdog's word; the first one makes a live line stale, the next one ends it. */
export const NEXT: Record<Link, Record<Happening, Link>> = {
  waiting: {
    dial: "connecting",
    opened: "waiting",
    data: "waiting",
    silence: "waiting",
    drop: "waiting",
    stop: "stopped",
  },
  connecting: {
    dial: "connecting",
    opened: "open",
    data: "connecting",
    silence: "waiting",
    drop: "waiting",
    stop: "stopped",
  },
  open: { dial: "open", opened: "open", data: "live", silence: "waiting", drop: "waiting", stop: "stopped" },
  live: { dial: "live", opened: "live", data: "live", silence: "stale", drop: "waiting", stop: "stopped" },
  stale: { dial: "stale", opened: "stale", data: "live", silence: "waiting", drop: "waiting", stop: "stopped" },
  stopped: {
    dial: "stopped",
    opened: "stopped",
    data: "stopped",
    silence: "stopped",
    drop: "stopped",
    stop: "stopped",
  },
};
