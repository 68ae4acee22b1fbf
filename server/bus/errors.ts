import { TapebellError } from "../../core/errors.ts";
import type { WireError } from "./protocol.ts";

export const busClosed = () =>
  new TapebellError("usage", "bus_closed", "the bus is closed", { hint: "open it again before using it" });

export const busGone = (why: string) =>
  new TapebellError("outside", "bus_gone", `the bus thread is gone: ${why}`, {
    hint: "what was not acked may or may not be in the log; open the bus again and send it again",
  });

export function toWire(error: unknown): WireError {
  if (error instanceof TapebellError)
    return {
      kind: error.kind,
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { kind: "bug", code: "bus_failed", message };
}

export const fromWire = (error: WireError) =>
  new TapebellError(error.kind, error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
