import { type Gap, gapId } from "../../../core/messages/gap.ts";
import { SILENCE_AFTER_MS } from "../heartbeats.ts";
import { ORIGIN, PROVIDER } from "./market.ts";

export const STREAM = "trades";

/** A silence of the stream, from the last thing heard until it speaks again. */
export interface Outage {
  readonly from_ms: number;
  readonly to_ms: number;
  /** When the feed knows of it. */
  readonly noticed_ms: number;
  readonly gap_id: string;
  announced: boolean;
}

export function outageOf(mute: { readonly from_ms: number; readonly to_ms: number }): Outage {
  const { from_ms, to_ms } = mute;
  return {
    from_ms,
    to_ms,
    noticed_ms: from_ms + SILENCE_AFTER_MS,
    gap_id: gapId(PROVIDER, "*", STREAM, from_ms),
    announced: false,
  };
}

export function gapOf(outage: Outage, status: "open" | "filled"): Gap {
  return {
    kind: "gap",
    origin: ORIGIN,
    id: outage.gap_id,
    revision: status === "open" ? 0 : 1,
    provider: PROVIDER,
    symbol: "*",
    stream: STREAM,
    from_seq: null,
    to_seq: null,
    from_ms: outage.from_ms,
    to_ms: status === "open" ? outage.noticed_ms : outage.to_ms,
    status,
  };
}
