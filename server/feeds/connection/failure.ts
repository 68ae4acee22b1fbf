/** Why there is no connection, as the socket told it. */
export type Failure =
  | { readonly kind: "status"; readonly status: number; readonly retry_after_ms: number | null }
  | { readonly kind: "error"; readonly code: string; readonly text: string }
  | { readonly kind: "closed"; readonly code: number; readonly text: string }
  | { readonly kind: "mute"; readonly silent_ms: number }
  | { readonly kind: "timeout"; readonly after_ms: number }
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "denied"; readonly text: string };

const STATUS: Readonly<Record<number, string>> = {
  401: "wants credentials",
  403: "refuses access from here",
  404: "does not know this address",
  418: "has banned this address for a while",
  429: "wants fewer connections",
  451: "refuses this country",
};
const NOT_FOUND: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN", "ENODATA", "EAI_NODATA", "ESERVFAIL"]);
const UNREACHABLE: ReadonlySet<string> = new Set(["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN"]);

const CODES: Readonly<Record<number, string>> = {
  1000: "ended the connection",
  1001: "is going away",
  1006: "broke off without a word",
  1008: "ended the connection: we broke a rule of it",
  1012: "restarts",
  1013: "is overloaded",
};

/** One sentence a person understands, with the number to look up. */
export function inWords(title: string, failure: Failure): string {
  switch (failure.kind) {
    case "status": {
      const does = STATUS[failure.status] ?? (failure.status >= 500 ? "is out of order" : "refuses the connection");
      return `${title} ${does} (${failure.status})`;
    }
    case "error":
      return `${title} ${errorInWords(failure.code, failure.text)}`;
    case "closed": {
      const said = failure.text === "" ? "" : `: ${failure.text.slice(0, 200)}`;
      return `${title} ${CODES[failure.code] ?? "closed the connection"} (${failure.code})${said}`;
    }
    case "mute":
      return `${title} is connected but has been silent for ${Math.round(failure.silent_ms / 1000)} s`;
    case "timeout":
      return `${title} does not answer within ${Math.round(failure.after_ms / 1000)} s`;
    case "denied":
      return `${title} ${failure.text.slice(0, 300)}`;
    case "refused":
      return `${title} refuses what we ask for: ${failure.text.slice(0, 300)}`;
  }
}

function errorInWords(code: string, text: string): string {
  if (NOT_FOUND.has(code)) return "is not found: no network, or no name service";
  if (UNREACHABLE.has(code)) return "cannot be reached: no network";
  if (code === "ECONNREFUSED") return "refuses the connection";
  if (code === "ECONNRESET" || code === "EPIPE") return "broke off without a word";
  if (code === "ETIMEDOUT") return "does not answer";
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return "sent a frame larger than we take";
  if (code.startsWith("WS_ERR_")) return `sent what is no WebSocket frame: ${text.slice(0, 200)}`;
  if (/CERT|SSL|TLS|EPROTO/.test(code) || /certificate|SSL|TLS/i.test(text)) {
    return `has no secure connection to offer: ${text.slice(0, 200)}`;
  }
  return `cannot be reached: ${text.slice(0, 200)}`;
}
