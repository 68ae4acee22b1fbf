/** Something of the log was lost or set aside; said on `/ready` until the next start. */
export interface BusProblem {
  readonly at_ms: number;
  /** Full name, prefix included. */
  readonly topic: string;
  readonly code: "segment_corrupt" | "records_lost" | "power_loss" | "group_corrupt" | "work_expired" | "disk";
  /** What happened, to which thing, what to do next. */
  readonly text: string;
  /** Where what was moved aside lies now. */
  readonly path?: string;
  /** Positions that can no longer be read: from, up to but not including to. */
  readonly lost: readonly { readonly partition: number; readonly from: number; readonly to: number }[];
}

export type Report = (problem: BusProblem) => void;
