import type { Transport } from "./client.ts";

/**
 * Server-sent events over fetch. EventSource would hide what the page must show: why a connection ended, when the next
 * try is, and it gives up for good on an error status.
 */
export const fetchTransport: Transport = {
  open({ url, lastEventId }, on) {
    const abort = new AbortController();
    let over = false;
    const close = (problem: string, retryAfterMs: number | null = null): void => {
      if (over) return;
      over = true;
      abort.abort();
      on.closed(problem, retryAfterMs);
    };
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastEventId !== null) headers["last-event-id"] = lastEventId;

    const read = async (): Promise<void> => {
      const response = await fetch(url, { headers, cache: "no-store", signal: abort.signal });
      if (over) return;
      if (!response.ok || response.body === null) {
        close(`the server answered ${response.status}`, retryAfter(response.headers.get("retry-after")));
        return;
      }
      if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
        close("the answer was not an event stream");
        return;
      }
      on.opened();
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (over) return;
        if (done) break;
        on.text(decoder.decode(value, { stream: true }));
      }
      close("the server ended the connection");
    };
    read().catch((error: unknown) => {
      close(error instanceof TypeError ? "the server cannot be reached" : `the connection broke (${String(error)})`);
    });
    return () => {
      over = true;
      abort.abort();
    };
  },
};

function retryAfter(header: string | null): number | null {
  const seconds = Number(header);
  return header !== null && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) * 1_000 : null;
}
