import { TapebellError } from "../../core/errors.ts";
import { isServerError } from "../faults.ts";
import type { Fault } from "./protocol.ts";

export function toFault(cause: unknown): Fault {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof TapebellError) return { from: "store", code: cause.code, message, hint: cause.hint ?? null };
  const code = String((cause as { code?: unknown }).code ?? "");
  return { from: isServerError(cause) ? "server" : "transport", code, message, hint: null };
}

export function fromFault(fault: Fault): Error {
  if (fault.from === "store")
    return new TapebellError("outside", fault.code, fault.message, fault.hint === null ? {} : { hint: fault.hint });
  const error = Object.assign(new Error(fault.message), { code: fault.code });
  if (fault.from === "server") error.name = "PostgresError";
  return error;
}
