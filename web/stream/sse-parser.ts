/** One dispatched server-sent event. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
  /** The newest id seen on this connection, as the standard says; null before the first. */
  readonly id: string | null;
}

export interface SseBounds {
  /** Characters of one line, and of all data lines of one event. */
  readonly eventMax: number;
  readonly idMax: number;
}
export const SSE_BOUNDS: SseBounds = { eventMax: 1_048_576, idMax: 4_096 };

export interface SseParser {
  /** Feeds decoded text, in any cut. Returns why the stream cannot be read further, or null. */
  push(text: string): string | null;
}

/**
 * An incremental reader of text/event-stream. What it holds is bounded: a server that never ends a line or an event is
 * given up instead of filling the memory. An event cut off by the end of the connection is never dispatched.
 */
export function makeSseParser(emit: (event: SseEvent) => void, bounds: SseBounds = SSE_BOUNDS): SseParser {
  let rest = "";
  let data: string[] = [];
  let dataSize = 0;
  let event = "";
  let id: string | null = null;
  let afterCr = false;
  let first = true;

  const line = (text: string): void => {
    if (text === "") {
      if (data.length > 0) emit({ event: event === "" ? "message" : event, data: data.join("\n"), id });
      data = [];
      dataSize = 0;
      event = "";
      return;
    }
    const colon = text.indexOf(":");
    const field = colon === -1 ? text : text.slice(0, colon);
    const raw = colon === -1 ? "" : text.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    if (field === "data") {
      data.push(value);
      dataSize += value.length + 1;
    } else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0") && value.length <= bounds.idMax) id = value;
  };

  return {
    push(text) {
      let chunk = text;
      if (first && chunk !== "") {
        first = false;
        if (chunk.charCodeAt(0) === 0xfeff) chunk = chunk.slice(1);
      }
      // A CR LF cut between two chunks is one line end, not two.
      if (afterCr && chunk.startsWith("\n")) chunk = chunk.slice(1);
      if (text !== "") afterCr = text.endsWith("\r");
      rest += chunk;
      let from = 0;
      for (let at = 0; at < rest.length; at += 1) {
        const code = rest.charCodeAt(at);
        if (code !== 10 && code !== 13) continue;
        line(rest.slice(from, at));
        if (dataSize > bounds.eventMax) return `an event larger than ${bounds.eventMax} characters`;
        if (code === 13 && rest.charCodeAt(at + 1) === 10) at += 1;
        from = at + 1;
      }
      rest = rest.slice(from);
      return rest.length > bounds.eventMax ? `a line longer than ${bounds.eventMax} characters` : null;
    },
  };
}
